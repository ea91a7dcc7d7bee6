/* Where the keyboard begins on a page: the first fault, the first box, or what has been done; and what an empty box
   says. Called by zhidan.js. */
(function () {
  "use strict";

  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const one = (selector, root) => (root || document).querySelector(selector);
  const jq = window.jQuery;

  function focusFirstError() {
    const field = one(".zd-field.has-error");
    const whole = one("[data-zd-form-errors]");
    if (field) {
      const target = one(".select2-selection, input:not([type=hidden]), select, textarea", field);
      if (target) target.focus({ preventScroll: true });
      field.scrollIntoView({ block: "center" });
    } else if (whole) whole.focus();
  }
  /* Where the keyboard begins: the first box of a form, else the message that says what has been done. */
  function focusBeginning() {
    if (document.activeElement !== document.body) return;
    const form = one("main form[data-zd-guard]:not([data-zd-grids])");
    const boxes = form ? $$(".select2-selection, input:not([type=hidden], [type=file]), select:not(.select2-hidden-accessible), textarea", form) : [];
    const box = boxes.find((each) => each.offsetParent !== null && !each.disabled);
    // Where fingers type, a keyboard that springs up would cover the page.
    if (box && window.matchMedia("(pointer: fine)").matches) { box.focus({ preventScroll: true }); return; }
    const said = one(".zd-flash .zd-alert");
    if (said) { said.tabIndex = -1; said.focus({ preventScroll: true }); }
  }
  /* Typing into a closed search box opens it; the sign arrives in its search field. */
  function openByTyping(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " " || !event.target.matches(".select2-selection")) return;
    const select = event.target.closest(".select2-container").previousElementSibling;
    if (select && jq) jq(select).select2("open");
  }

  /* What a browser says of an empty box would be in the language of the browser. */
  function tellRequired(required) {
    document.addEventListener("invalid", (event) => {
      if (event.target.validity.valueMissing) event.target.setCustomValidity(required);
    }, true);
    document.addEventListener("input", (event) => {
      if (event.target.setCustomValidity) event.target.setCustomValidity("");
    });
  }

  window.zdBegin = (required) => {
    tellRequired(required);
    focusFirstError();
    focusBeginning();
    document.addEventListener("keydown", openByTyping, true);
  };
})();
