/* Warnings under the boxes of a form: what is typed may be on file already. They never keep anybody from saving. */
(function () {
  "use strict";

  const WAIT = 500;
  const form = document.querySelector("form[data-alike]");
  if (!form) return;
  let timer = null;
  let asked = 0;

  function clear() {
    form.querySelectorAll("[data-twin]").forEach((line) => line.remove());
  }

  function show(warning) {
    const box = form.elements[warning.field];
    const field = box && box.closest ? box.closest(".zd-field") : null;
    if (!field) return;
    const line = document.createElement("p");
    line.className = "zd-twin";
    line.dataset.twin = warning.field;
    line.setAttribute("role", "status");
    const text = warning.url ? document.createElement("a") : document.createElement("span");
    text.textContent = warning.text;
    if (warning.url) { text.href = warning.url; text.target = "_blank"; text.rel = "noopener"; }
    line.append(text);
    field.append(line);
  }

  async function ask() {
    const mine = ++asked;
    const data = new FormData(form);
    data.set("record", form.dataset.alikeRecord || "");
    try {
      const answer = await fetch(form.dataset.alike, { method: "POST", body: data, headers: { Accept: "application/json" } });
      if (!answer.ok || mine !== asked) return;
      const found = await answer.json();
      clear();
      found.warnings.forEach(show);
    } catch (error) { /* The form works without. */ }
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  }

  form.addEventListener("input", later);
  form.addEventListener("change", later);
  // Select2 tells of its choices by jQuery alone.
  if (window.jQuery) window.jQuery(form).on("change", "select", later);
})();
