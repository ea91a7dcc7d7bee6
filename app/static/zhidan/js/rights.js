/* The screens of rights: what makes them quick. Saving works without any of it. */
(function () {
  "use strict";

  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const one = (selector, root) => (root || document).querySelector(selector);

  // ---- the matrix: open rows, the column under the pointer ------------------------------------

  // As the macro `marks` draws them on the server.
  const CELLS = {
    y: "<td>✓", n: "<td>", Y: '<td class="d">✓<i class="zd-ne">≠</i>', N: '<td class="d"><i class="zd-ne">≠</i>',
  };

  function draw(part) {
    $$("tr[data-zd-m]", part).forEach((row) => {
      row.insertAdjacentHTML("beforeend", Array.from(row.dataset.zdM, (letter) => CELLS[letter]).join(""));
      row.removeAttribute("data-zd-m");
    });
  }

  function initMatrix() {
    $$("[data-zd-matrix]").forEach((table) => {
      // A browser that comes back keeps what was open.
      $$(".zd-mx__open input:checked", table).forEach((input) => draw(input.closest("tbody")));
      table.addEventListener("change", (event) => draw(event.target.closest("tbody")));
      window.addEventListener("beforeprint", () => draw(table));
      const columns = $$("col:not(.zd-mx__names)", table).flatMap((col) => Array(col.span).fill(col));
      const roles = $$(".zd-mx__roles th", table);
      let marked = null;
      const mark = (place) => {
        if (marked === place) return;
        if (marked !== null && roles[marked]) roles[marked].classList.remove("is-under");
        marked = place;
        if (place !== null && roles[place]) roles[place].classList.add("is-under");
      };
      table.addEventListener("mouseover", (event) => {
        const cell = event.target.closest("td");
        mark(cell && columns.length ? cell.cellIndex - 1 : null);
        if (cell && !cell.title) {
          const row = one("th", cell.parentElement);
          cell.title = roles[cell.cellIndex - 1].innerText.replace("≠", "").trim() + " · " + row.innerText.trim();
        }
      });
      table.addEventListener("mouseleave", () => mark(null));
      // A count leads to its record in the form of its role.
      table.addEventListener("click", (event) => {
        const cell = event.target.closest(".zd-mx__sum td");
        if (!cell) return;
        window.location.href = one("a", roles[cell.cellIndex - 1]).href + "#" + cell.closest("tbody").id;
      });
    });
  }

  // ---- one role: all of a record, search, count of changes -------------------------------------

  function initRole() {
    const form = one("[data-zd-rights]");
    if (!form) return;
    const boxes = $$("input[type=checkbox][name], input[type=radio][name]", form);
    const note = one("[data-zd-count]", form);
    const was = (input) => "was" in input.dataset;
    const isChanged = (input) => (input.type === "radio" ? input.checked && !was(input) : input.checked !== was(input));
    const refresh = () => {
      boxes.forEach((input) => {
        const part = input.closest(input.type === "radio" ? ".zd-pick" : ".zd-box");
        if (input.type === "checkbox") part.classList.toggle("is-changed", isChanged(input));
        else if (input.checked) part.classList.toggle("is-changed", isChanged(input));
      });
      $$("[data-zd-all]", form).forEach((all) => {
        const mine = $$("input[name=right]", all.closest("tr"));
        const on = mine.filter((input) => input.checked).length;
        all.checked = on === mine.length;
        all.indeterminate = on > 0 && on < mine.length;
        one(".zd-grants__count", all.closest("tr")).textContent = on + "/" + mine.length;
      });
      if (!note) return;
      const count = boxes.filter(isChanged).length;
      note.textContent = count === 0 ? note.dataset.zdNone : count === 1 ? note.dataset.zdOne : note.dataset.zdMany.replace("{n}", count);
      note.classList.toggle("has-changes", count > 0);
    };
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-zd-all]")) {
        $$("input[name=right]", event.target.closest("tr")).forEach((input) => { input.checked = event.target.checked; });
      }
      refresh();
    });
    $$(".zd-grants__all", form).forEach((label) => { label.hidden = false; });
    initFind(form);
    refresh();
  }

  function initFind(form) {
    const find = one("[data-zd-find]", form);
    if (!find) return;
    const rows = $$("[data-zd-words]", form);
    find.hidden = false;
    find.addEventListener("input", () => {
      const text = find.value.trim().toLowerCase();
      rows.forEach((row) => { row.hidden = !row.dataset.zdWords.includes(text); });
      $$("tbody", form).forEach((body) => { body.hidden = !one("[data-zd-words]:not([hidden])", body); });
    });
    // Enter in the search box looks, it does not send the form.
    find.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  }

  function initPrint() {
    $$("[data-zd-print]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => window.print());
    });
  }

  function showTarget() {
    const target = window.location.hash.length > 1 && document.getElementById(window.location.hash.slice(1));
    if (target && target.matches("tr, tbody")) target.scrollIntoView({ block: "center" });
  }

  function start() {
    initMatrix();
    initRole();
    initPrint();
    showTarget();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
