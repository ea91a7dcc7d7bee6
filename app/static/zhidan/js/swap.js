/* A list goes on in its place: filters, order and pages bring only what changes with the address ([data-zd-part]). The
   address and the way back are those of whole pages; whatever is unusual is left to the browser. Tells it by "zd:part". */
(function () {
  "use strict";

  const part = document.querySelector("[data-zd-part]");
  if (!part) return;
  const said = document.getElementById("zd-list-said");
  const failed = document.getElementById("zd-list-failed");
  const SIDEWAYS = ".zd-table-wrap, .zd-quick, .zd-facet, .zd-board";
  const here = () => window.location.pathname + window.location.search;
  const sidewaysIn = () => Array.from(part.querySelectorAll(SIDEWAYS));
  let shown = here(); // the address of what stands on the page: that of the browser is ahead of it, or back
  let asked = null;

  /* The same thing in the next answer: by its id, or by what it says in its place. */
  function nameOf(element) {
    if (element.id) return element.id;
    const place = element.closest("nav, thead, form");
    const label = element.getAttribute("aria-label") || (element.firstChild && element.firstChild.textContent);
    return [place ? place.getAttribute("aria-label") || place.tagName : "", label].join("|");
  }
  function focusOn(name) {
    const all = Array.from(part.querySelectorAll("a[href], button, input, select, summary"));
    const again = all.find((each) => nameOf(each) === name && each.getClientRects().length);
    const target = again || part.querySelector(".zd-table-wrap, .zd-board") || part.querySelector("h1");
    if (target.tagName === "H1") target.tabIndex = -1;
    target.focus({ preventScroll: true });
    if (again) target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  function show(html) {
    const active = document.activeElement;
    const held = part.contains(active) ? nameOf(active) : null;
    const typed = active.id === "zd-search" ? active : null;
    const sideways = sidewaysIn().map((each) => each.scrollLeft);
    const dialog = document.getElementById("zd-confirm");
    if (dialog.open) dialog.close(); // it asks about what is gone
    document.querySelectorAll(".zd-flash").forEach((old) => old.remove());
    part.innerHTML = html;
    sidewaysIn().forEach((each, place) => { each.scrollLeft = sideways[place] || 0; });
    part.dispatchEvent(new CustomEvent("zd:part", { bubbles: true }));
    // Somebody typed on while it came.
    const search = document.getElementById("zd-search");
    if (typed && search) search.value = typed.value;
    if (held !== null || (active !== document.body && document.activeElement === document.body)) focusOn(held);
    if (typed && search) search.setSelectionRange(typed.selectionStart, typed.selectionEnd);
    const about = part.querySelector(".zd-pager__about, .zd-empty__title") || part.querySelector("h1");
    said.textContent = "";
    said.textContent = about.textContent.trim();
  }
  function rest() {
    asked = null;
    part.removeAttribute("aria-busy");
  }
  async function bring(url) {
    if (asked) asked.abort();
    const mine = new AbortController();
    asked = mine;
    part.setAttribute("aria-busy", "true");
    failed.hidden = true;
    // Whoever goes on meant what he typed into a cell; what is refused there keeps the rows and their address.
    const isSettled = !window.zdCells || await window.zdCells.settle();
    if (asked !== mine) return;
    if (!isSettled) {
      rest();
      if (here() !== shown) history.pushState(null, "", shown);
      return;
    }
    let answer;
    let html;
    try {
      answer = await fetch(url, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" }, signal: mine.signal });
      html = await answer.text();
    } catch (_error) {
      // No connection: the rows stay, and what was chosen can be chosen again.
      if (asked === mine) { rest(); failed.hidden = false; }
      return;
    }
    if (asked !== mine) return;
    const found = new URL(answer.url);
    // The login, a refusal, a fault, the panel of another person or another version: pages of their own.
    const fits = answer.ok && found.pathname === window.location.pathname && answer.headers.get("X-Zd-Shell") === part.dataset.zdPart;
    if (!fits) { window.location.assign(url); return; }
    if (window.zdCells && window.zdCells.isOpen()) { bring(url); return; } // since then
    rest();
    const address = found.pathname + found.search;
    const isNew = address !== here();
    if (isNew) history.pushState(null, "", address);
    shown = address;
    show(html);
    // As a new page would: from its beginning.
    if (isNew && part.getBoundingClientRect().top < 0) part.scrollIntoView();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-zd-part] a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    const isOurs = url.origin === window.location.origin && url.pathname === window.location.pathname && !url.hash;
    if (!isOurs || link.target || link.dataset.confirm) return;
    event.preventDefault();
    bring(url.href);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-zd-part] form[data-zd-filters]")) return;
    event.preventDefault();
    // Not `form.action`: a filter may be called so. Empty choices stay out of the address.
    const url = new URL(form.getAttribute("action"), window.location.href);
    url.search = new URLSearchParams(Array.from(new FormData(form)).filter(([, value]) => value !== "")).toString();
    bring(url.href);
  });
  window.addEventListener("popstate", () => {
    if (asked) { asked.abort(); rest(); }
    failed.hidden = true;
    if (here() !== shown) bring(window.location.href);
  });
})();
