/* A table out of a spreadsheet, pasted into any box of a grid: the server reads it, empty rows take it. */
(function () {
  "use strict";

  const { texts, mark } = window.zdCombo;

  /* Puts a text into a box; false where the box does not take it. */
  function put(box, text) {
    if (box.type === "checkbox") { box.checked = text === "y"; return true; }
    box.value = text;
    return box.value === text || box.tagName === "TEXTAREA";
  }

  function fill(grid, row, found) {
    const { cell, fault } = window.zdGrids;
    let wrong = 0;
    const left = found.note ? [found.note] : [];
    Object.entries(found.values).forEach(([key, text]) => {
      const place = cell(row, key);
      const combo = place && place.querySelector("[data-zd-combo]");
      const box = place && place.querySelector("input:not([type=hidden]), select, textarea");
      if (combo) combo.zdCombo.set(text, found.texts[key] || "", false);
      else if (!box || !put(box, text)) left.push(text);
      if (combo && !text) box.value = found.texts[key] || "";
    });
    Object.entries(found.errors).forEach(([key, text]) => {
      const place = cell(row, key);
      wrong += 1;
      if (place) fault(place, text, false); else left.push(text);
    });
    if (left.length) {
      const told = row.querySelector("[data-zd-told]");
      told.hidden = false;
      told.querySelector("p").textContent = left.join(" ");
    }
    const more = row.querySelector("[data-zd-more-row]");
    if (more && more.querySelector(".has-error")) more.hidden = false;
    return wrong + left.length;
  }

  function place(grid, from, rows) {
    let wrong = 0;
    let first = null;
    let current = from && grid.isBlank(from) ? from : null;
    let count = 0;
    rows.forEach((found) => {
      const empty = current || grid.rows.find((row) => grid.isBlank(row)) || grid.add();
      current = null;
      if (!empty) return;
      count += 1;
      const faults = fill(grid, empty, found);
      wrong += faults;
      if (faults && !first) first = empty;
    });
    grid.say(mark(wrong ? texts.pastedWrong : texts.pasted, { n: count, m: wrong }));
    const marked = first && first.querySelector(".has-error input:not([type=hidden]), .has-error select, .has-error textarea");
    if (marked) marked.focus();
    else { const next = grid.rows.find((row) => grid.isBlank(row)) || grid.add(); if (next) grid.focus(next, 0); }
    grid.root.dispatchEvent(new Event("change", { bubbles: true }));
  }

  window.zdPaste = (grid, event) => {
    const text = (event.clipboardData && event.clipboardData.getData("text/plain")) || "";
    const box = event.target.closest("[data-cell]");
    const isTable = text.includes("\t") || (text.trim().includes("\n") && event.target.tagName !== "TEXTAREA");
    if (!box || !isTable || !grid.blank) return;
    event.preventDefault();
    const { form } = window.zdGrids;
    const from = event.target.closest("tbody[data-zd-line]");
    const body = new URLSearchParams({
      csrf_token: form.elements.csrf_token.value,
      grid: grid.root.dataset.grid,
      column: box.dataset.cell,
      record: form.dataset.record || "",
      text: text.replaceAll("\u0000", ""),
    });
    grid.say(texts.pasting);
    fetch(form.dataset.paste, { method: "POST", body, credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } })
      .then((answer) => {
        if (answer.status === 413) return { rows: [], message: mark(texts.tooMany, { n: grid.most }) };
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        return answer.json();
      })
      .then((data) => {
        const free = grid.most - grid.rows.filter((row) => !grid.isBlank(row)).length;
        if (data.message) grid.say(data.message);
        else if (data.rows.length > free) grid.say(mark(texts.tooMany, { n: grid.most }));
        else place(grid, from, data.rows);
      })
      .catch(() => grid.say(texts.pasteFailed));
  };
})();
