/* The bell: how much is unread, asked when the person goes on (asking again and again would keep a session open),
   and the latest lines, asked when it is opened. */
(function () {
  "use strict";
  const A_MINUTE = 60000;
  const bell = document.querySelector("[data-zd-bell]");
  if (!bell) return;
  const count = bell.querySelector(".zd-bell__count");
  const menu = document.getElementById("zd-bell-menu");
  const ask = (url, options) => fetch(url, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" }, ...options });
  const label = bell.getAttribute("aria-label");

  function number(unread) {
    count.textContent = unread > 99 ? "99+" : String(unread);
    count.hidden = !unread;
    bell.setAttribute("aria-label", unread ? bell.dataset.label.replace("{n}", String(unread)) : label);
  }
  function fill() {
    menu.setAttribute("aria-busy", "true");
    return ask(bell.dataset.latest).then((answer) => {
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      return answer.text();
    }).then((html) => {
      menu.innerHTML = html;
      if (!menu.hidden) (menu.querySelector(".zd-notice button") || menu.querySelector(".zd-bell-menu__all")).focus();
    }).catch(() => { menu.textContent = bell.dataset.failed; }).finally(() => menu.removeAttribute("aria-busy"));
  }
  function show(open, back) {
    if (menu.hidden === !open) return;
    menu.hidden = !open;
    bell.setAttribute("aria-expanded", String(open));
    if (open) { menu.textContent = "…"; menu.focus(); fill(); } else if (back) bell.focus();
  }

  bell.addEventListener("click", (event) => {
    // With a key held it is the link that it is without scripts.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(menu.hidden, true);
  });
  bell.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "ArrowDown") { event.preventDefault(); show(true); }
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); show(false, true); }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = Array.from(menu.querySelectorAll("a, button"));
    all[(all.indexOf(document.activeElement) + by + all.length) % all.length].focus();
  });
  menu.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-zd-bell-read]")) return;
    event.preventDefault();
    event.stopPropagation();
    ask(event.target.action, { method: "POST", body: new FormData(event.target) }).then((answer) => {
      if (!answer.ok) throw new Error(String(answer.status));
      number(0);
      return fill();
    }).catch(() => { menu.textContent = bell.dataset.failed; });
  });
  document.addEventListener("click", (event) => { if (!menu.hidden && !menu.contains(event.target) && !bell.contains(event.target)) show(false); });
  document.addEventListener("focusin", (event) => { if (!menu.hidden && !menu.contains(event.target) && !bell.contains(event.target)) show(false); });

  let asked = 0;
  function look() {
    if (Date.now() - asked < A_MINUTE) return;
    asked = Date.now();
    ask(bell.dataset.zdBell)
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : { count: 0 }))
      .then((found) => number(found.count))
      .catch(() => { /* the number is a help, not the work */ });
  }
  document.addEventListener("zd:part", look);
  look();
})();
