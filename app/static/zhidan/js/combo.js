/* A search box in a cell: what is typed stays, the first match is offered, Enter takes it, a late answer is ignored. */
(function () {
  "use strict";

  const WAIT = 30;
  const texts = JSON.parse(document.getElementById("zd-lines-texts").textContent);
  const mark = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  let made = 0;

  class Combo {
    constructor(root) {
      this.root = root;
      this.box = root.querySelector("[role=combobox]");
      this.chosen = root.querySelector("[data-zd-chosen]");
      this.asked = 0;
      this.found = [];
      this.active = -1;
      this.takeFirst = false;
      this.list = null;
      this.text = this.chosen.value ? this.box.value : "";
      this.box.addEventListener("input", () => this.typed());
      this.box.addEventListener("keydown", (event) => this.key(event));
      this.box.addEventListener("blur", () => this.left());
    }

    get isOpen() { return this.list !== null && !this.list.hidden; }

    typed() {
      if (this.box.value !== this.text) this.set("", this.box.value, false);
      this.takeFirst = false;
      clearTimeout(this.timer);
      this.asked += 1;
      if (!this.box.value.trim()) { this.close(); return; }
      this.timer = setTimeout(() => this.search(), WAIT);
    }

    /* The id and its text; `told` says whether listeners hear of it (typing is heard of anyway). */
    set(id, text, told) {
      const before = this.chosen.value;
      this.chosen.value = id;
      this.text = id ? text : "";
      if (id) this.box.value = text;
      if (told && before !== id) this.chosen.dispatchEvent(new Event("change", { bubbles: true }));
    }

    search() {
      const number = ++this.asked;
      clearTimeout(this.timer);
      this.timer = null;
      this.running = true;
      this.say(texts.searching);
      fetch(this.root.dataset.url + "?q=" + encodeURIComponent(this.box.value.trim().slice(0, 100)), { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } })
        .then((answer) => { if (!answer.ok || answer.redirected) throw new Error(String(answer.status)); return answer.json(); })
        .then((data) => { if (number === this.asked) { this.running = false; this.show(data.results); } })
        .catch(() => { if (number === this.asked) { this.running = false; this.say(texts.failed); } });
    }

    show(results) {
      this.found = results;
      const exact = results.find((one) => [one.text, one.text.split(" ")[0]].some((text) => text.toLowerCase() === this.box.value.trim().toLowerCase()));
      if (this.takeFirst || document.activeElement !== this.box) {
        const sure = exact || (this.takeFirst || results.length === 1 ? results[0] : null);
        this.takeFirst = false;
        this.close();
        if (sure) this.set(String(sure.id), sure.text, true);
        return;
      }
      if (!results.length) { this.say(texts.none); return; }
      const list = this.panel();
      list.replaceChildren(...results.map((one, place) => {
        const option = document.createElement("li");
        option.id = list.id + "-" + place;
        option.setAttribute("role", "option");
        option.textContent = one.text;
        option.addEventListener("pointerdown", (event) => { event.preventDefault(); this.take(place); });
        return option;
      }));
      this.open();
      this.go(exact ? results.indexOf(exact) : 0);
    }

    panel() {
      if (!this.list) {
        this.list = document.createElement("ul");
        this.list.className = "zd-combo__list";
        this.list.id = "zd-combo-" + ++made;
        this.list.setAttribute("role", "listbox");
        this.list.setAttribute("aria-label", this.box.labels.length ? this.box.labels[0].textContent.trim() : this.box.placeholder);
        this.root.append(this.list);
        this.box.setAttribute("aria-controls", this.list.id);
      }
      return this.list;
    }

    /* One sentence in the place of the list. */
    say(text) {
      const list = this.panel();
      this.found = [];
      this.active = -1;
      const line = document.createElement("li");
      line.className = "zd-combo__said";
      line.setAttribute("role", "option");
      line.setAttribute("aria-disabled", "true");
      line.textContent = text;
      list.replaceChildren(line);
      if (document.activeElement === this.box) this.open();
    }

    open() {
      this.list.hidden = false;
      this.box.setAttribute("aria-expanded", "true");
    }

    close() {
      if (this.list) this.list.hidden = true;
      this.active = -1;
      this.box.setAttribute("aria-expanded", "false");
      this.box.removeAttribute("aria-activedescendant");
    }

    go(place) {
      if (!this.found.length) return;
      this.active = (place + this.found.length) % this.found.length;
      Array.from(this.list.children).forEach((option, number) => option.setAttribute("aria-selected", String(number === this.active)));
      const option = this.list.children[this.active];
      option.scrollIntoView({ block: "nearest" });
      this.box.setAttribute("aria-activedescendant", option.id);
    }

    take(place) {
      const one = this.found[place];
      this.close();
      if (one) this.set(String(one.id), one.text, true);
    }

    get isPending() { return this.timer !== null && this.timer !== undefined || this.running; }

    key(event) {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        event.stopPropagation();
        if (this.isOpen && this.found.length) this.go(this.active + (event.key === "ArrowDown" ? 1 : -1));
        else this.search();
      } else if (event.key === "Escape" && this.isOpen) {
        event.stopPropagation();
        this.close();
      } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        const waits = !this.chosen.value && this.box.value.trim();
        if (this.isOpen && this.active >= 0) this.take(this.active);
        else if (waits && this.isPending) this.takeFirst = true;
        else return;
        event.preventDefault();
        event.stopPropagation();
        this.root.dispatchEvent(new CustomEvent("zd-taken", { bubbles: true }));
      } else if (event.key === "Tab" && this.isOpen && this.active >= 0) this.take(this.active);
    }

    left() {
      if (this.timer) { clearTimeout(this.timer); if (!this.chosen.value && this.box.value.trim()) this.search(); }
      this.close();
    }
  }

  window.zdCombo = {
    start: (root) => root.querySelectorAll("[data-zd-combo]").forEach((box) => { if (!box.zdCombo) box.zdCombo = new Combo(box); }),
    texts,
    mark,
  };
})();
