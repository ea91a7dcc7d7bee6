/* Unsaved forms, kept by the browser: locked with the person's key, offered again, gone once saved or signed out.

   Every open page keeps a draft of its own (two tabs with two new orders are two drafts); one that no open page holds
   is offered to the next page of the same form. Without a secure connection there is no lock: then a draft lives only
   as long as its tab. */
(function () {
  "use strict";

  const WAIT = 400;
  const LEFT_OUT = new Set(["csrf_token", "token", "version", "back", "record"]);
  const subtle = window.crypto && window.crypto.subtle;
  const form = document.querySelector("form[data-zd-draft]");
  if (!form || !window.zdKept) return;
  const { store, names, drop, tab } = window.zdKept;
  const texts = JSON.parse(document.getElementById("zd-draft-texts").textContent);
  const base = form.dataset.zdDraft;
  const own = base + "#" + tab;
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const text64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));
  const key = subtle ? subtle.importKey("raw", bytes(form.dataset.secret), "AES-GCM", false, ["encrypt", "decrypt"]) : null;

  async function lock(content) {
    const plain = new TextEncoder().encode(JSON.stringify(content));
    if (!subtle) return { at: Date.now(), plain: content };
    const iv = window.crypto.getRandomValues(new Uint8Array(12));
    return { at: Date.now(), iv: text64(iv), data: text64(await subtle.encrypt({ name: "AES-GCM", iv }, await key, plain)) };
  }
  async function open(kept) {
    if (kept.plain) return kept.plain;
    const plain = await subtle.decrypt({ name: "AES-GCM", iv: bytes(kept.iv) }, await key, bytes(kept.data));
    return JSON.parse(new TextDecoder().decode(plain));
  }

  /* [[name, value, text]]: the text of a chosen record, so that its box can say it again. */
  function content() {
    const found = [];
    Array.from(form.elements).forEach((box) => {
      if (!box.name || LEFT_OUT.has(box.name) || ["password", "file", "submit", "button"].includes(box.type)) return;
      if (box.type === "checkbox") { if (box.checked) found.push([box.name, box.value]); return; }
      if (box.tagName === "SELECT") { Array.from(box.selectedOptions).forEach((option) => found.push([box.name, option.value, option.textContent])); return; }
      found.push([box.name, box.value]);
    });
    return found;
  }
  const print = (list) => JSON.stringify(list.filter(([name, value]) => value && !name.endsWith("-seen")).map(([name, value]) => [name, value]));

  let first = null;
  let timer = null;
  let held = false;
  let saving = Promise.resolve();

  function hold() {
    // Whoever asks for locks sees that this draft has an open page.
    if (held || !navigator.locks) return;
    held = true;
    navigator.locks.request(own, () => new Promise(() => {}));
  }
  function save() {
    clearTimeout(timer);
    timer = null;
    if (window.zdKept.isOver) return;
    const now = content();
    const isChanged = print(now) !== first;
    document.querySelectorAll("form[action*='/logout']").forEach((out) => {
      if (isChanged) out.dataset.confirm = texts.unsaved; else delete out.dataset.confirm;
    });
    if (!isChanged) { drop(own); return; }
    saving = saving.then(() => lock({ version: form.dataset.version, content: now }))
      .then((made) => { if (window.zdKept.isOver) return; store.setItem(own, JSON.stringify(made)); form.dataset.zdKept = String(made.at); })
      .catch(() => { /* no room, or none allowed: the form itself is untouched */ });
  }
  function later() {
    clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  }

  // ---- giving it back ---------------------------------------------------------------------------------------

  function choose(box, value, text) {
    if (!Array.from(box.options).some((option) => option.value === value)) box.add(new Option(text || value, value));
    box.value = value;
    if (window.jQuery && window.jQuery(box).data("select2")) window.jQuery(box).trigger("change.select2");
  }
  /* Rows are found by the record they change; a row whose record is gone, and a new one, become new rows. */
  function rowsOf(list) {
    const grids = window.zdGrids ? window.zdGrids.grids : [];
    const names = new Map();
    grids.forEach((grid) => {
      const start = grid.entity + "-";
      const numbers = [...new Set(list.map(([name]) => name).filter((name) => name.startsWith(start)).map((name) => name.slice(start.length).split("-")[0]))];
      const used = new Set();
      numbers.forEach((number) => {
        const id = list.find(([name]) => name === start + number + "-id");
        const row = grid.rows.find((found) => {
          const box = found.querySelector("input[name$='-id'][type=hidden]");
          const isStored = "stored" in found.dataset;
          return !used.has(found) && (id ? isStored && box && box.name.startsWith(start + found.dataset.zdLine + "-") && box.value === id[1] : !isStored);
        }) || grid.add();
        if (row) { used.add(row); names.set(start + number + "-", start + row.dataset.zdLine + "-"); }
      });
    });
    return (name) => {
      const match = /^[a-z_]+-\d+-/.exec(name);
      return match && names.has(match[0]) ? names.get(match[0]) + name.slice(match[0].length) : name;
    };
  }
  function restore(list) {
    const renamed = rowsOf(list);
    const values = list.map(([name, value, text]) => [renamed(name), value, text]).filter(([name]) => !/^[a-z_]+-\d+-(id|seen)$/.test(name));
    const given = new Map(values.map(([name, value, text]) => [name, [value, text]]));
    Array.from(form.elements).forEach((box) => {
      if (!box.name || LEFT_OUT.has(box.name) || /^[a-z_]+-\d+-(id|seen)$/.test(box.name)) return;
      if (["password", "file", "submit", "button"].includes(box.type)) return;
      const [value, text] = given.get(box.name) || ["", ""];
      if (box.type === "checkbox") box.checked = given.has(box.name);
      else if (box.multiple) Array.from(box.options).forEach((option) => { option.selected = values.some(([name, one]) => name === box.name && one === option.value); });
      else if (box.tagName === "SELECT") choose(box, value, text);
      else if (given.has(box.name) || box.type !== "hidden") box.value = value;
    });
    form.querySelectorAll("[data-zd-combo]").forEach((root) => { if (root.zdCombo) root.zdCombo.text = root.zdCombo.chosen.value ? root.zdCombo.box.value : ""; });
    if (window.zdGrids) window.zdGrids.grids.forEach((grid) => grid.rows.forEach((row) => grid.drawGone(row)));
    form.dispatchEvent(new Event("change", { bubbles: true }));
    if (window.zdGrids) window.zdGrids.begin();
    save();
  }

  function offer(name, kept, draft) {
    const bar = document.createElement("div");
    bar.className = "zd-alert zd-alert--bar zd-tone-info zd-draft";
    bar.setAttribute("role", "status");
    const line = document.createElement("div");
    line.className = "zd-alert__text";
    const when = new Date(kept.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    line.textContent = texts.offer.replace("{when}", when) + (draft.version !== form.dataset.version ? " " + texts.changed : "");
    const button = (label, tone, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "zd-btn zd-btn-" + tone;
      made.textContent = label;
      made.addEventListener("click", () => { bar.remove(); act(); });
      return made;
    };
    const end = () => { if (name !== own) drop(name); };
    bar.append(line, button(texts.restore, "primary", () => { restore(draft.content); end(); }), button(texts.discard, "default", () => { drop(name); }));
    form.before(bar);
  }

  async function begin() {
    first = print(content());
    hold();
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    if (window.jQuery) window.jQuery(form).on("change", "select", later); // Select2 speaks jQuery only
    form.addEventListener("submit", () => { if (timer) save(); });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden" && timer) save(); });
    window.addEventListener("pagehide", () => { if (timer) save(); });
    // What comes back with faults is what was typed: it is kept again, not offered.
    if (document.querySelector("[data-zd-form-errors]")) { first = ""; save(); form.dataset.zdDrafts = "1"; return; }
    const locked = navigator.locks ? (await navigator.locks.query()).held.map((one) => one.name) : [];
    const open_elsewhere = new Set(locked.filter((name) => name !== own));
    const waiting = names(base + "#").filter((name) => !open_elsewhere.has(name));
    const found = [];
    for (const name of waiting) {
      try {
        const kept = JSON.parse(store.getItem(name));
        const draft = await open(kept);
        if (print(draft.content) === first) drop(name); else found.push([name, kept, draft]);
      } catch (_error) { drop(name); }
    }
    found.sort((a, b) => b[1].at - a[1].at);
    found.forEach((one) => offer(...one));
    form.dataset.zdDrafts = "1";
  }

  // Rows and search boxes must stand before they can be filled.
  if (document.readyState === "complete") begin();
  else window.addEventListener("load", () => setTimeout(begin, 0));
})();
