/* A list goes on in its place: filters, order and pages bring only what changes with the address ([data-zd-part]). The
   address and the way back are those of whole pages; whatever is unusual is left to the browser. Tells it by "zd:part". */
(function () {
  "use strict";

  const part = document.querySelector("[data-zd-part]");
  if (!part) return;
  const said = document.getElementById("zd-list-said");
  const failed = document.getElementById("zd-list-failed");
  const here = () => window.location.pathname + window.location.search;
  let shown = here();
  let asked = null;

  /* The same thing in the next answer: by its id, or by what it says in its place. */
  function nameOf(element) {
    if (element.id) return element.id;
    const place = element.closest("nav, thead, form");
    return [place ? place.getAttribute("aria-label") || place.tagName : "", element.getAttribute("aria-label") || element.firstChild && element.firstChild.textContent].join("|");
  }
  function focusAgain(name) {
    const again = Array.from(part.querySelectorAll("a[href], button, input, select, summary")).find((each) => nameOf(each) === name);
    const target = again && again.getClientRects().length ? again : part.querySelector(".zd-table-wrap, h1");
    if (!target) return;
    if (target.tagName === "H1") target.tabIndex = -1;
    target.focus({ preventScroll: true });
    if (target.type === "search") target.setSelectionRange(target.value.length, target.value.length);
  }
  function show(html) {
    const held = part.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    document.querySelectorAll(".zd-flash").forEach((old) => old.remove());
    part.innerHTML = html;
    part.dispatchEvent(new CustomEvent("zd:part", { bubbles: true }));
    if (held !== null) focusAgain(held);
    const about = part.querySelector(".zd-pager__about, .zd-empty__title");
    said.textContent = about ? about.textContent : "";
  }
  function bring(url, isNew) {
    if (asked) asked.abort();
    asked = new AbortController();
    part.setAttribute("aria-busy", "true");
    failed.hidden = true;
    const { signal } = asked;
    fetch(url, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" }, signal })
      .then((answer) => {
        const found = new URL(answer.url);
        // The login, a refusal, a fault: pages of their own.
        if (!answer.ok || found.pathname !== window.location.pathname) throw new Error(String(answer.status));
        return answer.text().then((html) => {
          if (signal.aborted) return;
          if (isNew) history.pushState(null, "", found.pathname + found.search);
          shown = here();
          show(html);
          part.removeAttribute("aria-busy");
          // As a new page would: from its beginning.
          if (isNew && part.getBoundingClientRect().top < 0) part.scrollIntoView();
        });
      })
      .catch((error) => {
        if (error.name === "AbortError") return;
        if (!(error instanceof TypeError)) { window.location.assign(url); return; }
        // No connection: the rows stay, and what was chosen can be chosen again.
        part.removeAttribute("aria-busy");
        failed.hidden = false;
      });
  }
  /* A cell that is open may hold what is not saved: leaving the page asks first. */
  const isFree = () => !document.querySelector("td.is-open");
  const isOurs = (url) => url.origin === window.location.origin && url.pathname === window.location.pathname && !url.hash;

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-zd-part] a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    if (link.target || link.dataset.confirm || !isOurs(url) || !isFree()) return;
    event.preventDefault();
    bring(url.href, url.pathname + url.search !== shown);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-zd-part] form[data-zd-filters]") || !isFree()) return;
    event.preventDefault();
    const url = new URL(form.action);
    url.search = new URLSearchParams(new FormData(form)).toString();
    bring(url.href, url.pathname + url.search !== shown);
  });
  window.addEventListener("popstate", () => { if (here() !== shown) bring(window.location.href, false); });
})();
