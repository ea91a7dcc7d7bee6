/* Grids of rows in a form: keyboard, rows that come and go, faults at their boxes, amounts from the server. */
(function () {
  "use strict";

  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const one = (selector, root) => (root || document).querySelector(selector);
  const { texts, mark } = window.zdCombo;
  const WAIT = 40;
  const BOXES = "input:not([type=hidden]):not([readonly]):not([disabled]), select:not([disabled]), textarea:not([readonly]):not([disabled])";
  const form = one("form[data-zd-grids]");
  if (!form) return;

  // ---- faults at boxes -----------------------------------------------------------------------

  function fault(cell, text, isLive) {
    const line = one(".zd-error", cell);
    const box = one(BOXES, cell);
    cell.classList.toggle("has-error", Boolean(text));
    if (isLive) cell.dataset.live = "1"; else delete cell.dataset.live;
    if (!text) delete cell.dataset.live;
    line.hidden = !text;
    one("span", line).textContent = text || "";
    if (!box) return;
    if (text) { box.setAttribute("aria-invalid", "true"); box.setAttribute("aria-describedby", line.id); }
    else { box.removeAttribute("aria-invalid"); box.removeAttribute("aria-describedby"); }
  }

  // ---- one grid --------------------------------------------------------------------------------

  class Grid {
    constructor(root) {
      this.root = root;
      this.entity = root.dataset.zdLines;
      this.table = one("table", root);
      this.blank = one("template[data-zd-blank]", root);
      this.said = one("[data-zd-said]", root);
      this.last = null;
      root.classList.add("has-script");
      $$("[data-zd-js]", root).forEach((part) => { part.hidden = false; });
      window.zdCombo.start(root);
      root.addEventListener("keydown", (event) => this.key(event));
      root.addEventListener("click", (event) => this.click(event));
      root.addEventListener("input", (event) => { this.last = null; this.cleared(event.target); });
      root.addEventListener("change", (event) => this.cleared(event.target));
      root.addEventListener("zd-taken", (event) => this.step(event.target));
      root.addEventListener("paste", (event) => window.zdPaste(this, event));
      this.rows.forEach((row) => this.drawGone(row));
    }

    get rows() { return $$("tbody[data-zd-line]", this.table); }
    get most() { return Number(this.root.dataset.most); }

    say(text) { this.said.textContent = text; }

    add(number) {
      if (!this.blank) return null;
      if (this.rows.length >= this.most) { this.say(mark(texts.tooMany, { n: this.most })); return null; }
      const next = number === undefined ? Math.max(-1, ...this.rows.map((row) => Number(row.dataset.zdLine))) + 1 : number;
      const holder = document.createElement("table");
      holder.innerHTML = this.blank.innerHTML.replaceAll("__n__", String(next));
      const row = one("tbody[data-zd-line]", holder);
      this.table.append(row);
      window.zdCombo.start(row);
      return row;
    }

    /* Whether nothing was typed into a new row. */
    isBlank(row) {
      if ("stored" in row.dataset) return false;
      return $$(BOXES, row).every((box) => {
        if (box.type === "checkbox") return box.checked === box.defaultChecked;
        if (box.tagName === "SELECT") return Array.from(box.options).every((option) => option.selected === option.defaultSelected) || box.value === "";
        return !box.value.trim() || box.value === box.defaultValue && !box.closest("[data-zd-combo]");
      });
    }

    boxes(row) { return $$(BOXES, row).filter((box) => box.offsetParent !== null && !box.closest(".zd-lines__gone")); }

    focus(row, place) {
      const boxes = this.boxes(row);
      const box = boxes[Math.min(place, boxes.length - 1)];
      if (!box) return;
      box.focus();
      if (box.select && box.type !== "checkbox" && box.tagName === "INPUT") box.select();
    }

    /* Onwards from a box to the next one of its row, or to the next row. */
    step(from) {
      const row = from.closest("tbody[data-zd-line]");
      const boxes = this.boxes(row);
      const place = boxes.findIndex((box) => from === box || from.contains(box));
      if (place >= 0 && place + 1 < boxes.length) this.focus(row, place + 1);
      else this.nextRow(row);
    }

    nextRow(row) {
      const rows = this.rows;
      const next = rows[rows.indexOf(row) + 1] || (this.isBlank(row) ? null : this.add());
      if (next) this.focus(next, 0);
      else leave(this.root);
    }

    remove(row) {
      const rows = this.rows;
      const place = rows.indexOf(row);
      const gone = one("[data-zd-gone]", row);
      if ("stored" in row.dataset) {
        if (!gone) return;
        gone.checked = !gone.checked;
        this.drawGone(row);
      } else {
        if (!one("[data-zd-remove]", row)) return;
        this.last = { row, before: row.nextElementSibling };
        row.remove();
        this.say(texts.removed);
      }
      const left = this.rows;
      const target = left[Math.min(place, left.length - 1)] || this.add();
      if (target && !("stored" in row.dataset)) this.focus(target, 0);
      this.root.dispatchEvent(new Event("change", { bubbles: true }));
    }

    undo() {
      if (!this.last) return false;
      this.table.insertBefore(this.last.row, this.last.before && this.last.before.isConnected ? this.last.before : null);
      this.focus(this.last.row, 0);
      this.last = null;
      this.say("");
      this.root.dispatchEvent(new Event("change", { bubbles: true }));
      return true;
    }

    drawGone(row) {
      const gone = one("[data-zd-gone]", row);
      if (!gone) return;
      row.classList.toggle("is-removed", gone.checked);
      const button = one("[data-zd-remove]", row);
      button.setAttribute("aria-pressed", String(gone.checked));
    }

    cleared(box) {
      const cell = box.closest ? box.closest("[data-cell]") : null;
      if (cell && cell.classList.contains("has-error")) fault(cell, "", false);
    }

    key(event) {
      const row = event.target.closest("tbody[data-zd-line]");
      if (!row || event.isComposing || event.keyCode === 229) return;
      const bare = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
      if (event.key === "Delete" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.remove(row);
      } else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && this.undo()) {
        event.preventDefault();
      } else if (event.key === "Enter" && bare && !event.target.closest("button, [type=checkbox]")) {
        event.preventDefault();
        event.stopPropagation();
        this.nextRow(row);
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && bare && event.target.tagName === "INPUT" && !["date", "datetime-local"].includes(event.target.type)) {
        const rows = this.rows;
        const other = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
        if (other) { event.preventDefault(); this.focus(other, this.boxes(row).indexOf(event.target)); }
      }
    }

    click(event) {
      const row = event.target.closest("tbody[data-zd-line]");
      if (event.target.closest("[data-zd-add]")) { const made = this.add(); if (made) this.focus(made, 0); }
      else if (event.target.closest("[data-zd-remove]")) this.remove(row);
      else if (event.target.closest("[data-zd-more]")) {
        const button = event.target.closest("[data-zd-more]");
        const part = one("[data-zd-more-row]", row);
        part.hidden = !part.hidden;
        button.setAttribute("aria-expanded", String(!part.hidden));
        if (!part.hidden) { const box = one(BOXES, part); if (box) box.focus(); }
      } else if (event.target.closest("[data-zd-gone]")) this.drawGone(row);
    }

    /* What the server says of a row: its amounts, and the faults of boxes that nobody is typing into. */
    told(row, answer) {
      $$("[data-computed]", row).forEach((output) => { output.textContent = (answer && answer.computed && answer.computed[output.dataset.computed]) || "–"; });
      $$("[data-cell]", row).forEach((cell) => {
        const text = answer && answer.errors && answer.errors[cell.dataset.cell];
        const isBusy = cell.contains(document.activeElement) && one("[role=combobox]", cell);
        if (text && !isBusy) fault(cell, text, true);
        else if (!text && cell.dataset.live) fault(cell, "", false);
      });
    }
  }

  // ---- amounts: asked when typing rests, answered in order ------------------------------------------

  const grids = $$("[data-zd-lines]", form).map((root) => new Grid(root));
  const totals = one("[data-zd-totals]", form);
  let timer = null;
  let running = null;
  let asked = 0;

  function typed() {
    const data = new URLSearchParams();
    new FormData(form).forEach((value, name) => { if (typeof value === "string") data.append(name, value); });
    data.set("record", form.dataset.record || "");
    return data;
  }
  function ask() {
    const number = ++asked;
    if (running) running.abort();
    running = new AbortController();
    fetch(form.dataset.quote, { method: "POST", body: typed(), credentials: "same-origin", signal: running.signal, headers: { "X-Requested-With": "XMLHttpRequest" } })
      .then((answer) => {
        if (answer.redirected || answer.status === 400 || answer.status === 401) throw new Error("signedOut");
        if (!answer.ok) throw new Error("refused");
        return answer.json();
      })
      .then((data) => { if (number === asked) draw(data); })
      .catch((error) => {
        if (error.name === "AbortError" || number !== asked || error.message === "refused") return;
        say(error.message === "signedOut" ? texts.signedOut : texts.unreached);
      });
  }
  function say(text) {
    if (!totals) { if (grids.length) grids[0].say(text); return; }
    totals.hidden = false;
    let line = one(".zd-totals__said", totals);
    if (!line) { line = document.createElement("div"); line.className = "zd-totals__said"; totals.append(line); }
    line.textContent = text;
  }
  function draw(data) {
    grids.forEach((grid) => grid.rows.forEach((row) => grid.told(row, data.rows[grid.entity + "-" + row.dataset.zdLine])));
    if (!totals) return;
    totals.hidden = !data.totals.length;
    totals.replaceChildren(...data.totals.map((part) => {
      const pair = document.createElement("div");
      pair.dataset.total = part.name;
      const name = document.createElement("dt");
      const amount = document.createElement("dd");
      name.textContent = part.label;
      amount.textContent = part.text;
      pair.append(name, amount);
      return pair;
    }));
    totals.dataset.answered = String(asked);
  }
  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  }
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  if (window.jQuery) window.jQuery(form).on("change", "select", later); // Select2 speaks jQuery only
  window.addEventListener("online", ask);

  // ---- the form around the grids ----------------------------------------------------------------------

  const fields = () => $$(BOXES + ", .select2-selection[tabindex='0'], button[type=submit], summary", form)
    .filter((box) => box.offsetParent !== null && !(box.tagName === "SELECT" && box.classList.contains("select2-hidden-accessible")));

  /* Out of a grid, to the first box behind it. */
  function leave(root) {
    const next = fields().find((box) => !root.contains(box) && root.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (next) next.focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopPropagation();
    form.requestSubmit();
  }, true);
  form.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])") && !event.target.closest("[data-zd-lines]")) {
      // Enter goes on; a long form is not sent by it.
      event.preventDefault();
      const all = fields();
      const next = all[all.indexOf(event.target) + 1];
      if (next) next.focus();
    }
  }, true);

  const cell = (row, key) => $$("[data-cell]", row).find((found) => found.dataset.cell === key);
  const begin = () => { const first = fields()[0]; if (first) first.focus({ preventScroll: true }); };
  window.zdGrids = { form, grids, cell, fault, later, ask, begin };

  const start = () => {
    if (document.activeElement === document.body && !one(".has-error, [data-zd-form-errors]", form) && window.matchMedia("(pointer: fine)").matches) {
      begin();
    }
    if (form.dataset.record || grids.some((grid) => grid.rows.some((row) => !grid.isBlank(row)))) ask();
  };
  if (document.readyState === "complete") start();
  else window.addEventListener("load", start);
})();
