/* Keys, the list of keys, and the counts of the side bar. A key stands at what it presses: data-zd-key="n", "g h", "Ctrl+S". */
(function () {
  "use strict";

  const NEXT_KEY = 1200;
  const A_MINUTE = 60000;
  const BOXES = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], .select2-container";
  const help = document.getElementById("zd-keys");

  // A step behind “More” has its key as well.
  const isShown = (element) => element.getClientRects().length > 0 || element.closest(".zd-side, .zd-page-header [data-zd-menu]") !== null;
  const marked = () => Array.from(document.querySelectorAll("[data-zd-key]")).filter((element) => isShown(element) && !element.disabled);
  const labelOf = (element) => element.dataset.zdKeyLabel || element.getAttribute("aria-label") || element.placeholder || element.textContent.trim();

  function press(element) {
    if (element.matches("input:not([type=checkbox], [type=radio], [type=submit]), select, textarea")) {
      element.focus();
      if (element.select) element.select();
    } else element.click();
  }

  // ---- keys ----------------------------------------------------------------------------------

  let typed = "";
  let timer = 0;

  function later() {
    clearTimeout(timer);
    timer = setTimeout(() => { typed = ""; }, NEXT_KEY);
  }

  function withControl(event) {
    if (event.key.toLowerCase() === "k" && window.zdFinder) { event.preventDefault(); window.zdFinder(">"); return; }
    const wanted = "ctrl+" + event.key.toLowerCase();
    // In a box the browser takes back what was typed.
    if (wanted === "ctrl+z" && event.target.closest(BOXES)) return;
    const all = marked().filter((each) => each.dataset.zdKey.toLowerCase() === wanted);
    // Of several forms the one in which somebody types is meant; of none, only a single one is clear.
    const element = all.find((each) => each.form && each.form.contains(event.target)) || (all.length === 1 ? all[0] : null);
    if (element) { event.preventDefault(); press(element); }
  }

  /* j and k go through the work of the first page, as through the rows of a list. */
  function walk(by) {
    const all = Array.from(document.querySelectorAll("[data-zd-walk] li a"));
    const at = all.indexOf(document.activeElement);
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
    return all.length > 0;
  }

  function plain(event) {
    if (event.key === "?") { event.preventDefault(); showHelp(); return; }
    if ((event.key === "j" || event.key === "k") && walk(event.key === "j" ? 1 : -1)) { event.preventDefault(); return; }
    if (event.key === "/" && window.zdFinder) { event.preventDefault(); window.zdFinder(""); return; }
    typed = (typed + " " + event.key).trim();
    const all = marked();
    const find = (keys) => all.find((each) => each.dataset.zdKey === keys);
    const element = find(typed) || find(event.key);
    if (element) {
      event.preventDefault();
      typed = "";
      press(element);
    } else if (all.some((each) => each.dataset.zdKey.startsWith(typed + " "))) later();
    else if (all.some((each) => each.dataset.zdKey.startsWith(event.key + " "))) { typed = event.key; later(); }
    else typed = "";
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) { if (!event.shiftKey) withControl(event); return; }
    if (event.target.closest(BOXES) || event.key.length !== 1) return;
    plain(event);
  });

  // ---- the list of keys ------------------------------------------------------------------------

  function showHelp() {
    if (!help || document.querySelector("dialog[open]")) return;
    // What a list does with its rows is named in one place, out of sight.
    const named = Array.from(document.querySelectorAll("[data-zd-keys] [data-zd-key]"));
    const rows = [...marked(), ...named].map((element) => {
      const row = document.createElement("div");
      const keys = document.createElement("dt");
      const label = document.createElement("dd");
      element.dataset.zdKey.split(/[ +]/).forEach((key) => {
        const sign = document.createElement("kbd");
        sign.textContent = key;
        keys.append(sign, " ");
      });
      label.textContent = labelOf(element);
      row.append(keys, label);
      return row;
    });
    help.querySelector("[data-zd-keys-here]").replaceChildren(...rows);
    help.querySelector("[data-zd-keys-head]").hidden = rows.length === 0;
    help.showModal();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-zd-keys]")) showHelp();
    if (help && (event.target === help || event.target.closest("[data-zd-keys-close]"))) help.close();
  });

  // ---- what waits, beside the lists of the side bar ----------------------------------------------

  const menu = document.querySelector("[data-zd-waiting]");
  const KEY = "zd-waiting";

  function setBadge(place, text) {
    const old = place.querySelector("[data-zd-count]");
    if (old) old.remove();
    if (!text) return;
    const badge = document.createElement("span");
    const number = document.createElement("span");
    const words = document.createElement("span");
    badge.className = "zd-count";
    badge.dataset.zdCount = "";
    number.textContent = text;
    number.setAttribute("aria-hidden", "true");
    words.className = "sr-only";
    words.textContent = menu.dataset.text.replace("{n}", text);
    badge.append(number, words);
    place.insertBefore(badge, place.querySelector(".zd-caret"));
  }

  function showCounts(counts) {
    menu.querySelectorAll("[data-zd-waits]").forEach((link) => setBadge(link, (counts[link.dataset.zdWaits] || {}).text));
    // A closed group says what waits in it.
    menu.querySelectorAll("details").forEach((group) => {
      const all = Array.from(group.querySelectorAll("[data-zd-waits]")).map((link) => counts[link.dataset.zdWaits]).filter(Boolean);
      const capped = all.some((count) => count.text !== String(count.count));
      const sum = all.reduce((total, count) => total + count.count, 0);
      setBadge(group.querySelector("summary"), sum ? sum - (capped ? 1 : 0) + (capped ? "+" : "") : "");
    });
  }

  function kept() {
    try {
      const found = JSON.parse(sessionStorage.getItem(KEY));
      return found && found.person === menu.dataset.person ? found : null;
    } catch (_error) { return null; }
  }

  function forget() {
    try { sessionStorage.removeItem(KEY); } catch (_error) { /* private mode */ }
  }

  function loadCounts() {
    const found = kept();
    if (found) showCounts(found.counts);
    if (found && Date.now() - found.at < A_MINUTE) return;
    fetch(menu.dataset.zdWaiting, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } })
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : Promise.reject(new Error(String(answer.status)))))
      .then((data) => {
        showCounts(data.counts);
        try { sessionStorage.setItem(KEY, JSON.stringify({ person: menu.dataset.person, at: Date.now(), counts: data.counts })); } catch (_error) { /* private mode */ }
      })
      .catch(() => {});
  }

  window.zdDesk = { labelOf: labelOf, press: press };
  // Whatever is sent may change what waits.
  document.addEventListener("submit", (event) => { if (event.target.method === "post") forget(); });
  if (menu) { loadCounts(); document.addEventListener("zd:part", loadCounts); }
})();
