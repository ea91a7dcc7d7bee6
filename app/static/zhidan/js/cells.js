/* Cells of a list that are changed in their place. Only on screens that show a table: cards have the edit form. */
(function () {
  "use strict";

  let table = null; // another one after each answer of swap.js
  let heads = [];
  const texts = document.getElementById("zd-cell-texts").dataset;
  const said = document.getElementById("zd-cell-said");
  const done = document.getElementById("zd-cell-done"); // what was saved last, and the way back
  const wide = window.matchMedia("(min-width: 641px)");
  let open = null; // {td, kept, first}: the cell with its box, what it showed, what the box held
  let sending = null; // the promise of what is on its way
  let last = null; // {pk, name}: the cell that was saved last

  const nameOf = (td) => heads[td.cellIndex].dataset.zdCell;
  const cells = () => Array.from(table.querySelectorAll("td.zd-cell"));
  const input = () => open && open.td.querySelector("form :is(input:not([type=hidden]), select, textarea)");
  const valueOf = (box) => (box.type === "checkbox" ? String(box.checked) : box.value);

  function markRow(row) {
    const writes = (row.dataset.zdWrites || "").split(" ");
    Array.from(row.cells).forEach((td) => {
      const can = writes.includes(nameOf(td)) && nameOf(td);
      td.classList.toggle("zd-cell", Boolean(can));
      if (can) { td.tabIndex = -1; td.setAttribute("aria-describedby", "zd-cell-hint"); }
      else { td.removeAttribute("tabindex"); td.removeAttribute("aria-describedby"); }
    });
  }
  function mark() {
    if (!table) return;
    table.querySelectorAll("tbody tr").forEach(markRow);
    // One stop for the Tab key; the arrows lead on from there.
    const first = cells()[0];
    if (first) first.tabIndex = wide.matches ? 0 : -1;
  }

  function fetched(url, options) {
    return fetch(url, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" }, ...options }).then((answer) => {
      // A session that has ended leads to the login; a page of refusal is no box either.
      if (answer.redirected || ![200, 409, 422].includes(answer.status)) throw new Error(String(answer.status));
      return answer;
    });
  }
  function show(td, html) {
    td.innerHTML = html;
    const box = input();
    if (!box) { said.textContent = td.textContent.trim(); return; }
    box.focus();
    if (box.select && box.type !== "checkbox") box.select();
  }
  function begin(td) {
    if (!td || !wide.matches || sending) return;
    if (open) { if (open.td !== td) finish().then((done) => { if (done) begin(td); }); return; }
    open = { td, kept: Array.from(td.childNodes), first: null };
    td.classList.add("is-open");
    const here = open;
    fetched(texts.url.replace("/0/", "/" + td.parentElement.dataset.pk + "/") + nameOf(td))
      .then((answer) => answer.text())
      .then((html) => {
        if (open !== here) return;
        show(td, html);
        const box = input();
        if (box) here.first = valueOf(box);
      })
      .catch(() => {
        if (open !== here) return;
        back(true);
        said.textContent = texts.failed;
      });
  }
  function back(focus) {
    if (!open) return;
    const { td, kept } = open;
    open = null;
    td.classList.remove("is-open");
    td.replaceChildren(...kept);
    if (focus) rest(td);
  }
  function rest(td) {
    cells().forEach((other) => { other.tabIndex = other === td ? 0 : -1; });
    td.focus();
  }
  const isChanged = () => Boolean(input()) && (open.first === null || valueOf(input()) !== open.first);

  function withShown(form) {
    const body = new FormData(form);
    body.append("shown", heads.map((head) => head.dataset.name || "").filter(Boolean).join(","));
    return body;
  }
  /* Saves what was changed. Resolves to whether the cell is done with. */
  function finish() {
    if (!open) return Promise.resolve(true);
    if (sending) return Promise.resolve(false);
    if (!isChanged()) { back(false); return Promise.resolve(true); }
    const { td } = open;
    const form = td.querySelector("form");
    const body = withShown(form);
    td.setAttribute("aria-busy", "true");
    sending = fetched(form.getAttribute("action"), { method: "POST", body }).then((answer) => {
      if (answer.status === 200) return answer.json().then((row) => { taken(td, row); return true; });
      return answer.text().then((html) => { show(td, html); open.first = null; return false; });
    }).catch(() => {
      // What was typed stays in its box.
      let line = td.querySelector(".zd-error");
      if (!line) { line = document.createElement("p"); line.className = "zd-error"; line.setAttribute("role", "alert"); form.append(line); }
      line.textContent = texts.failed;
      return false;
    }).finally(() => { sending = null; td.removeAttribute("aria-busy"); });
    return sending;
  }
  /* Before the table goes: whatever is on its way or open is done with. Resolves to whether that worked. */
  async function settle() {
    await sending;
    return finish();
  }
  function taken(td, row) {
    open = null;
    td.classList.remove("is-open");
    last = { pk: td.parentElement.dataset.pk, name: nameOf(td) };
    fill(td.parentElement, row);
    tell(row.said, row.undo);
  }
  function fill(line, row) {
    Array.from(line.cells).forEach((cell) => {
      const name = heads[cell.cellIndex].dataset.name;
      if (name in row.cells) cell.innerHTML = row.cells[name];
    });
    line.dataset.zdWrites = row.writes.join(" ");
    markRow(line);
  }
  /* Says what was done; with an address, how it is put back. */
  function tell(text, undo) {
    said.textContent = text;
    done.firstElementChild.textContent = text;
    const form = done.querySelector("form");
    form.hidden = !undo;
    form.action = undo || "";
    // The key is for what was done last.
    if (undo) document.querySelectorAll(".zd-flash [data-zd-key]").forEach((old) => {
      delete old.dataset.zdKey;
      old.removeAttribute("aria-keyshortcuts");
    });
    done.hidden = false;
  }
  function putBack(form) {
    if (sending || open) return;
    // The rows may be others by now.
    const line = table && table.querySelector('tr[data-pk="' + last.pk + '"]');
    const td = line && Array.from(line.cells).find((cell) => nameOf(cell) === last.name);
    sending = fetched(form.action, { method: "POST", body: withShown(form) })
      .then((answer) => answer.json().then((row) => {
        if (answer.status === 200 && line) fill(line, row);
        tell(answer.status === 200 ? row.said : row.message, null);
        if (td) rest(td);
      }))
      .catch(() => { said.textContent = done.firstElementChild.textContent = texts.failed; })
      .finally(() => { sending = null; });
  }

  function beside(td, by) {
    const all = cells();
    return all[all.indexOf(td) + by];
  }
  function below(td, by) {
    let row = td.parentElement;
    do row = by > 0 ? row.nextElementSibling : row.previousElementSibling;
    while (row && !row.cells[td.cellIndex].classList.contains("zd-cell"));
    return row && row.cells[td.cellIndex];
  }

  // Before what the page does with keys and forms.
  const onTable = (kind, act) => document.addEventListener(kind, (event) => { if (table && table.contains(event.target)) act(event); }, true);
  onTable("dblclick", (event) => {
    const td = event.target.closest("td.zd-cell");
    if (!td || (open && open.td === td) || event.target.closest("a")) return;
    event.preventDefault();
    begin(td);
  });
  onTable("focusin", (event) => {
    if (event.target.matches("td.zd-cell")) cells().forEach((other) => { other.tabIndex = other === event.target ? 0 : -1; });
  });
  onTable("click", (event) => { if (event.target.closest("[data-zd-cell-back]")) back(true); });
  done.addEventListener("click", (event) => { if (event.target.closest("[data-zd-cell-dismiss]")) done.hidden = true; });
  done.addEventListener("submit", (event) => { event.preventDefault(); putBack(event.target); });
  onTable("submit", (event) => {
    if (!event.target.matches(".zd-cell-form")) return;
    event.preventDefault();
    // The page does not leave: other unsaved entries keep their warning.
    event.stopPropagation();
    const { td } = open;
    finish().then((done) => { if (done) rest(td); });
  });
  onTable("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || !wide.matches) return;
    const td = event.target.closest("td");
    if (open && td === open.td) { typed(event, td); return; }
    const row = event.target.closest("tbody tr");
    if (event.key === "F2" && row) {
      event.preventDefault();
      begin(td && td.classList.contains("zd-cell") ? td : row.querySelector("td.zd-cell"));
      return;
    }
    if (!event.target.matches("td.zd-cell")) return;
    const to = { ArrowRight: () => beside(td, 1), ArrowLeft: () => beside(td, -1), ArrowDown: () => below(td, 1), ArrowUp: () => below(td, -1) }[event.key];
    if (event.key === "Enter") { event.preventDefault(); begin(td); }
    else if (to) { event.preventDefault(); if (to()) rest(to()); }
  });
  function typed(event, td) {
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); back(true); }
    else if (event.key === "Enter" && !event.shiftKey && !event.target.closest("button")) {
      event.preventDefault();
      finish().then((done) => { if (done) rest(td); });
    } else if (event.key === "Tab") {
      event.preventDefault();
      const by = event.shiftKey ? -1 : 1;
      finish().then((done) => {
        if (!done) return;
        const next = beside(td, by);
        if (next) begin(next); else rest(td);
      });
    }
  }
  // Whoever goes on elsewhere meant what he typed.
  document.addEventListener("pointerdown", (event) => { if (open && !open.td.contains(event.target)) finish(); });
  window.addEventListener("beforeunload", (event) => { if (open && isChanged()) { event.preventDefault(); event.returnValue = ""; } });
  wide.addEventListener("change", mark);
  function take() {
    const found = document.querySelector(".zd-list table");
    heads = found ? Array.from(found.querySelectorAll("thead th")) : [];
    table = heads.some((head) => head.dataset.zdCell) ? found : null;
    open = null;
    mark();
  }
  window.zdCells = { settle: settle, isOpen: () => Boolean(open || sending) };
  document.addEventListener("zd:part", take);
  take();
})();
