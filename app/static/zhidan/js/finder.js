/* The box for everything: records by what is typed, commands behind “>”. Opened by /, Ctrl+K or its button. */
(function () {
  "use strict";

  const box = document.getElementById("zd-finder");
  if (!box || !box.showModal) return;
  const input = document.getElementById("zd-find");
  const list = document.getElementById("zd-found");
  const say = document.getElementById("zd-find-say");
  const WAIT = 30;
  const LEAST = 2;
  const MOST = 50;
  let commands = null;
  let asked = null;
  let timer = 0;
  let shown = "";
  let wantsFirst = false;

  const options = () => Array.from(list.querySelectorAll("[role=option]"));
  const current = () => list.querySelector("[aria-selected=true]");

  function tell(key, values) {
    say.textContent = (box.dataset[key] || "").replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  }

  function select(option) {
    options().forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function piece(tag, className, text) {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    return element;
  }

  function draw(groups) {
    // Built of nodes, so that a name is a name whatever it holds.
    let count = 0;
    list.replaceChildren(...groups.filter((group) => group.items.length).map((group, place) => {
      const part = document.createElement("div");
      part.setAttribute("role", "group");
      const head = piece("div", "zd-finder__kind", group.label);
      head.id = "zd-found-kind-" + place;
      part.setAttribute("aria-labelledby", head.id);
      part.append(head, ...group.items.map((item) => {
        const row = document.createElement(item.url ? "a" : "div");
        if (item.url) row.href = item.url;
        row.className = "zd-finder__row";
        row.id = "zd-found-" + count++;
        row.tabIndex = -1;
        row.setAttribute("role", "option");
        row.setAttribute("aria-selected", "false");
        row.append(piece("span", "zd-finder__text", item.text));
        if (item.about) row.append(piece("span", "zd-finder__about", item.about));
        if (item.badge) row.append(piece("span", "zd-badge zd-tone-" + item.badge.tone, item.badge.label));
        row.zdAct = item.act;
        return row;
      }));
      return part;
    }));
    input.setAttribute("aria-expanded", String(count > 0));
    select(list.querySelector("[role=option]"));
    if (count) tell("found", { n: count });
    else tell("none");
  }

  // Left to itself, the box of a closed dialog takes the next key until the page is drawn again.
  function close() {
    input.blur();
    box.close();
  }
  function go(option) {
    if (!option) return;
    if (option.zdAct) { close(); option.zdAct(); return; }
    if (option.href) window.location.href = option.href;
  }

  // ---- commands ------------------------------------------------------------------------------

  function ofThisPage() {
    // What stands on the page already is not asked for: the choices of the person's menu, and what has a key.
    // The keys of a row are only named for the list of keys: without a row there is nothing to press.
    const marked = Array.from(document.querySelectorAll("[data-zd-command], [data-zd-key]"));
    return marked.filter((element) => !element.disabled && !element.matches("[data-zd-keys] *")).map((element) => ({
      text: element.dataset.zdCommand || window.zdDesk.labelOf(element),
      about: element.dataset.zdKey || "",
      keys: "",
      act: () => window.zdDesk.press(element),
    }));
  }

  // The list is the same on every page: the one before is shown at once, and asked for again behind it.
  const KEY = "zd-commands";
  const whose = () => document.body.dataset.zdPerson + " " + document.documentElement.lang;

  function kept() {
    try {
      const found = JSON.parse(sessionStorage.getItem(KEY));
      return found && found.whose === whose() ? found.groups : null;
    } catch (_error) { return null; }
  }

  function keep(groups) {
    try { sessionStorage.setItem(KEY, JSON.stringify({ whose: whose(), groups: groups })); } catch (_error) { /* private mode */ }
  }

  function showCommands(typed) {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (item) => words.every((word) => (item.text + " " + (item.about || "") + " " + item.keys).toLowerCase().includes(word));
    const groups = commands.concat([{ label: box.dataset.here, items: ofThisPage() }]);
    let left = MOST;
    draw(groups.map((group) => {
      const items = group.items.filter(fits).slice(0, left);
      left -= items.length;
      return { label: group.label, items: items };
    }));
  }

  // ---- records -------------------------------------------------------------------------------

  function ask(url) {
    if (asked) asked.abort();
    asked = new AbortController();
    return fetch(url, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" }, signal: asked.signal })
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : Promise.reject(new Error(String(answer.status)))));
  }

  function failed(error) {
    if (error.name === "AbortError") return;
    list.replaceChildren();
    tell("failed");
  }

  function look() {
    const typed = input.value.trim();
    if (typed === shown) return;
    shown = typed;
    wantsFirst = false;
    if (typed.startsWith(">")) {
      const show = () => { if (input.value.trim().startsWith(">")) showCommands(input.value.trim().slice(1)); };
      if (!commands) {
        commands = kept();
        ask(box.dataset.commands).then((data) => {
          if (JSON.stringify(data.groups) === JSON.stringify(commands)) return;
          commands = data.groups;
          keep(commands);
          show();
        }).catch((error) => { if (!commands) failed(error); });
      }
      if (commands) show();
      return;
    }
    if (typed.length < LEAST) {
      if (asked) asked.abort();
      list.replaceChildren();
      input.setAttribute("aria-expanded", "false");
      tell("short");
      return;
    }
    tell("busy");
    ask(box.dataset.find + "?q=" + encodeURIComponent(typed)).then((data) => {
      draw(data.groups);
      if (data.exact) select(options().find((option) => option.getAttribute("href") === data.exact) || current());
      if (data.partly) tell("partly");
      if (wantsFirst) go(current());
    }).catch(failed);
  }

  function open(text) {
    if (!box.open) {
      if (document.querySelector("dialog[open]")) return;
      box.showModal();
    }
    input.value = text;
    shown = null;
    look();
    input.focus();
    input.setSelectionRange(text.length, text.length);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, input.value.startsWith(">") ? 0 : WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      event.preventDefault();
      select(all[(all.indexOf(current()) + step + all.length) % all.length]);
    } else if (event.key === "Enter" && !event.isComposing) {
      // Chinese is written with Enter too; a number scanned with Enter is gone to as soon as it is found.
      event.preventDefault();
      if (input.value.trim() === shown && current()) go(current());
      else { clearTimeout(timer); look(); wantsFirst = true; }
    } else if (event.key === "Escape") {
      // A search field would only be emptied.
      event.preventDefault();
      close();
    }
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option.zdAct) { event.preventDefault(); go(option); }
  });
  box.addEventListener("click", (event) => { if (event.target === box || event.target.closest("[data-zd-finder-close]")) close(); });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-zd-finder]")) open(""); });
  window.zdFinder = open;
})();
