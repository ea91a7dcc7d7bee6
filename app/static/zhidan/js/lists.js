/* Lists all day: counts that come after the page, the menu and the preview of a row, keys, columns, the board. */
(function () {
  "use strict";

  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const one = (selector, root) => (root || document).querySelector(selector);
  const texts = () => document.getElementById("zd-list-texts").dataset;
  const menu = document.getElementById("zd-row-menu");
  const peek = document.getElementById("zd-peek");
  let opener = null;

  function load(url) {
    return fetch(url, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } }).then((answer) => {
      // A session that has ended leads to the login: its page is no part of this one.
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      return answer;
    });
  }
  function note(target, text) {
    const line = document.createElement("p");
    line.className = "zd-muted";
    line.textContent = text;
    target.replaceChildren(line);
  }
  function here() {
    return window.location.pathname + window.location.search;
  }

  // ---- counts and sums ---------------------------------------------------------------------

  function fillCounts() {
    const list = one("[data-zd-list][data-counts]");
    if (!list) return;
    load(list.dataset.counts).then((answer) => answer.json()).then((data) => {
      Object.entries(data.facets).forEach(([name, counts]) => {
        $$('[data-zd-facet="' + name + '"] a', list).forEach((chip) => {
          const count = counts[chip.dataset.key];
          one(".zd-facet__count", chip).textContent = count === undefined ? "" : count;
          chip.classList.toggle("is-none", count === "0" && !chip.hasAttribute("aria-current"));
        });
      });
      $$("[data-zd-count]", list).forEach((head) => { head.textContent = (data.facets.state || {})[head.dataset.zdCount] || ""; });
      const totals = one("[data-zd-totals]", list);
      if (!totals || (!data.totals.length && !data.note)) return;
      totals.replaceChildren(...data.totals.map((sum) => {
        const part = document.createElement("span");
        const figure = document.createElement("strong");
        figure.textContent = sum.text;
        part.append("Σ " + sum.label + " ", figure);
        return part;
      }));
      if (data.note) totals.append(data.note);
      totals.hidden = false;
    }).catch(() => { /* The list itself is complete without them. */ });
  }

  // ---- the menu of a row ---------------------------------------------------------------------

  function closeMenu(back) {
    if (menu.hidden) return;
    menu.hidden = true;
    if (back && opener) opener.focus();
  }
  function place(at) {
    // A box at the right edge is measured too narrow.
    menu.style.left = "0";
    const box = menu.getBoundingClientRect();
    const left = Math.min(at.left, window.innerWidth - box.width - 8);
    const below = at.bottom + 4 + box.height < window.innerHeight;
    menu.style.left = Math.max(8, left) + "px";
    menu.style.top = Math.max(8, below ? at.bottom + 4 : at.top - box.height - 4) + "px";
  }
  function openMenu(url, from, at) {
    opener = from;
    menu.hidden = false;
    menu.setAttribute("aria-busy", "true");
    note(menu, "…");
    place(at);
    load(url + "?back=" + encodeURIComponent(here())).then((answer) => answer.text()).then((html) => {
      menu.innerHTML = html;
      // Neither a closed step nor a cancellation is what Enter should meet.
      const first = one("a:not(.zd-btn-danger), button:not([data-zd-closed], .zd-btn-danger)", menu);
      if (first) first.focus();
    }).catch(() => note(menu, texts().failed)).finally(() => {
      menu.removeAttribute("aria-busy");
      place(at);
    });
  }
  function openPeek(url) {
    closeMenu(false);
    peek.hidden = false;
    note(peek, "…");
    load(url).then((answer) => answer.text()).then((html) => {
      peek.innerHTML = html;
      peek.focus();
    }).catch(() => note(peek, texts().failed));
  }
  function closePeek() {
    if (peek.hidden) return false;
    peek.hidden = true;
    if (opener && document.contains(opener)) opener.focus();
    return true;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zd-row-menu]");
    if (button) {
      if (!menu.hidden && opener === button) closeMenu(true);
      else openMenu(button.dataset.zdRowMenu, button, button.getBoundingClientRect());
      return;
    }
    const preview = event.target.closest("[data-zd-peek]");
    if (preview) { openPeek(preview.dataset.zdPeek); return; }
    if (event.target.closest("[data-zd-peek-close]")) { closePeek(); return; }
    if (!menu.contains(event.target) && !event.target.closest("dialog")) closeMenu(false);
  });
  window.addEventListener("resize", () => closeMenu(false));
  document.addEventListener("scroll", (event) => { if (!menu.contains(event.target)) closeMenu(false); }, true);

  // ---- keys ------------------------------------------------------------------------------------

  const rows = () => $$(".zd-list tbody tr, .zd-board__card");
  const rowOf = (element) => (element && element.closest ? element.closest(".zd-list tbody tr, .zd-board__card") : null);
  function handle(row) {
    return one(".zd-col-first a, header a", row) || one("[data-zd-row-menu]", row);
  }
  function step(by) {
    const all = rows();
    const at = all.indexOf(rowOf(document.activeElement));
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    const target = next && handle(next);
    if (target) { target.focus(); next.scrollIntoView({ block: "nearest" }); }
  }
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    x: (row) => { const box = row && one("[data-zd-row]", row); if (box) box.click(); },
    m: (row) => { const button = row && one("[data-zd-row-menu]", row); if (button) button.click(); },
    p: (row) => {
      const button = row && one("[data-zd-row-menu]", row);
      if (button) { opener = handle(row); openPeek(button.dataset.zdRowMenu.replace(/rowmenu$/, "peek")); }
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") { if (!menu.hidden) closeMenu(true); else closePeek(); return; }
    if (!menu.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const all = $$("a, button", menu);
      const to = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      if (all.length) all[(to + all.length) % all.length].focus();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest || event.target.closest("input:not([type=checkbox]), textarea, select, dialog, details[open], .select2-container, #zd-row-menu")) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(rowOf(document.activeElement)); }
  });

  // ---- columns: up and down; the menu they stand in ----------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zd-up], [data-zd-down]");
    if (!button) return;
    const item = button.closest("li");
    const other = "zdUp" in button.dataset ? item.previousElementSibling : item.nextElementSibling;
    if (!other || one("input[type=hidden]", other)) return;
    if ("zdUp" in button.dataset) other.before(item); else other.after(item);
    button.focus();
  });
  // A long menu comes when it is opened. ("toggle" does not bubble, hence the capture.)
  document.addEventListener("toggle", (event) => {
    const source = event.target.open && event.target.dataset.src;
    if (!source) return;
    const body = one(".zd-menu__body", event.target);
    delete event.target.dataset.src;
    note(body, "…");
    load(source).then((answer) => answer.text()).then((html) => { body.innerHTML = html; })
      .catch(() => { event.target.dataset.src = source; note(body, texts().failed); });
  }, true);

  // ---- the board: a card drawn to another state takes the step that leads there ------------------

  function move(card, state) {
    if (card.closest("[data-state]").dataset.state === state) return;
    const steps = JSON.parse(card.dataset.moves)[state] || [];
    const target = one('[data-state="' + state + '"]');
    if (!steps.length) { say(target, texts().nowhere); return; }
    // Several ways, as two kinds of rejection: the person chooses in the menu.
    if (steps.length > 1) { openMenu(card.dataset.menu, handle(card), target.getBoundingClientRect()); return; }
    const way = steps[0];
    if (way.asks) {
      window.location.href = way.url + "?back=" + encodeURIComponent(here());
      return;
    }
    const form = document.getElementById("zd-move");
    form.action = way.url;
    form.elements.version.value = card.dataset.version;
    form.elements.token.value = window.crypto.randomUUID ? window.crypto.randomUUID() : String(Math.random()).slice(2) + Date.now();
    delete form.dataset.confirm;
    if (way.confirm) {
      form.dataset.confirm = way.confirm;
      form.dataset.confirmOk = way.label;
      form.dataset.confirmTone = way.tone;
    }
    form.requestSubmit();
  }
  function say(column, text) {
    $$(".zd-board__said").forEach((old) => old.remove());
    const line = document.createElement("p");
    line.className = "zd-board__said";
    line.setAttribute("role", "alert");
    line.textContent = text;
    one("h2", column).after(line);
  }
  let carried = null;
  const columns = () => $$("[data-zd-board] [data-state]");
  document.addEventListener("dragstart", (event) => {
    carried = event.target.closest ? event.target.closest(".zd-board__card") : null;
    if (!carried) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    carried.classList.add("is-carried");
    const open = Object.keys(JSON.parse(carried.dataset.moves));
    columns().forEach((column) => column.classList.toggle("is-open", open.includes(column.dataset.state)));
  });
  document.addEventListener("dragover", (event) => { if (carried && event.target.closest("[data-state]")) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const column = carried && event.target.closest("[data-state]");
    if (!column) return;
    event.preventDefault();
    move(carried, column.dataset.state);
  });
  document.addEventListener("dragend", () => {
    if (carried) carried.classList.remove("is-carried");
    carried = null;
    columns().forEach((column) => column.classList.remove("is-open"));
  });

  document.addEventListener("zd:part", () => { closeMenu(false); closePeek(); fillCounts(); });
  fillCounts();
})();
