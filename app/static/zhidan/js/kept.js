/* On every page: what the browser keeps of unsaved forms ends with saving and with signing out. See drafts.js. */
(function () {
  "use strict";

  const PREFIX = "zd-draft:";
  const DAYS = 14;
  const body = document.body;
  const isSecure = Boolean(window.crypto && window.crypto.subtle);
  const store = (() => { try { return isSecure ? window.localStorage : window.sessionStorage; } catch (_error) { return null; } })();
  if (!store) return;
  const names = (start) => Object.keys(store).filter((name) => name.startsWith(start));
  const drop = (name) => { try { store.removeItem(name); } catch (_error) { /* private mode */ } };
  const tab = (() => {
    try {
      let id = sessionStorage.getItem("zd-tab");
      if (!id) { id = Math.random().toString(36).slice(2, 10); sessionStorage.setItem("zd-tab", id); }
      return id;
    } catch (_error) { return "one"; }
  })();

  const kept = { store, names, drop, tab, isOver: false };
  window.zdKept = kept;
  if (body.dataset.zdSaved) drop(body.dataset.zdSaved + "#" + tab);
  document.addEventListener("submit", (event) => {
    const path = new URL(event.target.getAttribute("action") || "", window.location.href).pathname;
    if (!path.startsWith("/logout") || event.defaultPrevented) return;
    kept.isOver = true; // a form that is still open keeps nothing more
    names(PREFIX + body.dataset.zdPerson + ":").forEach(drop);
  });
  const oldest = Date.now() - DAYS * 24 * 3600 * 1000;
  names(PREFIX).forEach((name) => {
    try { if (JSON.parse(store.getItem(name)).at < oldest) drop(name); } catch (_error) { drop(name); }
  });
})();
