/* Light, dark or as the system has it; roomy or compact. Loaded before the styles, so that nothing flashes. */
(function () {
  "use strict";

  const html = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const A_YEAR = 31536000;

  function apply() {
    const dark = html.dataset.theme === "dark" || (html.dataset.theme !== "light" && system.matches);
    if (dark === "dark" in html.dataset) return;
    html.toggleAttribute("data-dark", dark);
    document.dispatchEvent(new CustomEvent("zd:look"));
  }

  function mark() {
    document.querySelectorAll("[data-zd-look]").forEach((button) => {
      button.setAttribute("aria-pressed", String(html.dataset[button.dataset.zdLook] === button.value));
    });
  }

  apply();
  system.addEventListener("change", apply);
  // Pictures are drawn in the colours of the moment: on paper they are light like everything else.
  window.addEventListener("beforeprint", () => {
    if ("dark" in html.dataset) { html.removeAttribute("data-dark"); document.dispatchEvent(new CustomEvent("zd:look")); }
  });
  window.addEventListener("afterprint", apply);
  // Kept with the person for the next desk. The cookie above is what the next page reads: nothing waits for this.
  function keep(name, word) {
    const menu = document.querySelector("[data-zd-look-url]");
    const token = document.querySelector("input[name=csrf_token]");
    if (!menu || !token) return;
    const body = new URLSearchParams({ csrf_token: token.value, [name]: word });
    fetch(menu.dataset.zdLookUrl, { method: "POST", body, credentials: "same-origin", keepalive: true }).catch(() => { /* next time */ });
  }
  document.addEventListener("click", (event) => {
    const language = event.target.closest("[data-zd-locale]");
    if (language) { keep("locale", language.dataset.zdLocale); return; }
    const button = event.target.closest("[data-zd-look]");
    if (!button) return;
    html.dataset[button.dataset.zdLook] = button.value;
    // The server reads it for the next page; it says nothing about the person.
    const secure = window.location.protocol === "https:" ? "; secure" : "";
    document.cookie = "zd_" + button.dataset.zdLook + "=" + button.value + "; path=/; max-age=" + A_YEAR + "; samesite=lax" + secure;
    apply();
    mark();
    keep(button.dataset.zdLook, button.value);
  });
  document.addEventListener("DOMContentLoaded", mark);
})();
