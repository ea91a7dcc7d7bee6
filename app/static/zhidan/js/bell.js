/* The bell: how much is unread, asked once when the page is there. Asking again and again would keep a session open. */
(function () {
  "use strict";
  const bell = document.querySelector("[data-zd-bell]");
  if (!bell) return;
  const count = bell.querySelector(".zd-bell__count");
  fetch(bell.dataset.zdBell, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } })
    .then((answer) => (answer.ok && !answer.redirected ? answer.json() : { count: 0 }))
    .then((found) => {
      if (!found.count) return;
      count.textContent = found.count > 99 ? "99+" : String(found.count);
      count.hidden = false;
      bell.setAttribute("aria-label", bell.dataset.label.replace("{n}", String(found.count)));
    })
    .catch(() => { /* the number is a help, not the work */ });
})();
