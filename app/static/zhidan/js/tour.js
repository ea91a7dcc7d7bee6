/* The first walk: shows places of the page one by one. A dialog, so the keyboard stays in it; remembered by a cookie. */
(function () {
  "use strict";

  const data = document.getElementById("zd-tour");
  const box = document.getElementById("zd-tour-box");
  if (!data || !box || !box.showModal) return;
  const tour = JSON.parse(data.textContent);
  const part = (name) => box.querySelector("[data-zd-tour-" + name + "]");
  const ring = part("ring");
  const card = part("card");
  const A_YEAR = 31536000;
  const GAP = 12;
  let at = 0;

  const placeOf = (step) => Array.from(document.querySelectorAll(step.place)).find((element) => {
    const area = element.getBoundingClientRect();
    // The side bar of a phone is there, but out of sight.
    return area.width > 0 && area.height > 0 && area.right > 0 && getComputedStyle(element).visibility !== "hidden";
  });
  const steps = () => tour.steps.filter(placeOf);

  function remember() {
    const secure = window.location.protocol === "https:" ? "; secure" : "";
    document.cookie = tour.name + "=1; path=/; max-age=" + A_YEAR + "; samesite=lax" + secure;
    document.querySelectorAll("[data-zd-tour-offer]").forEach((offer) => offer.remove());
  }

  function put() {
    const element = placeOf(steps()[at]);
    element.scrollIntoView({ block: "nearest" });
    const area = element.getBoundingClientRect();
    const top = Math.max(area.top - 6, 0);
    const bottom = Math.min(area.bottom + 6, window.innerHeight);
    ring.style.left = area.left - 6 + "px";
    ring.style.top = top + "px";
    ring.style.width = area.width + 12 + "px";
    ring.style.height = bottom - top + "px";
    const size = card.getBoundingClientRect();
    const fitsBelow = bottom + GAP + size.height < window.innerHeight;
    const besides = area.right + GAP + size.width < window.innerWidth && area.height > window.innerHeight / 2;
    const left = besides ? area.right + GAP + 6 : Math.min(Math.max(area.left, GAP), window.innerWidth - size.width - GAP);
    const y = besides ? top + 60 : fitsBelow ? bottom + GAP : Math.max(top - size.height - GAP, GAP);
    card.style.left = Math.max(left, GAP) + "px";
    card.style.top = Math.min(y, window.innerHeight - size.height - GAP) + "px";
  }

  function show(to) {
    const all = steps();
    if (to >= all.length) { end(); return; }
    at = Math.max(to, 0);
    part("count").textContent = at + 1 + " / " + all.length;
    part("title").textContent = all[at].title;
    part("text").textContent = all[at].text;
    part("back").disabled = at === 0;
    part("next").textContent = part("next").dataset[at === all.length - 1 ? "last" : "more"];
    put();
  }

  // Remembered before it closes: who opens the next page at once is not asked again.
  function end() {
    remember();
    box.close();
  }

  function start() {
    if (!steps().length) return;
    box.showModal();
    show(0);
    part("next").focus();
  }

  box.addEventListener("click", (event) => {
    if (event.target.closest("[data-zd-tour-next]")) show(at + 1);
    if (event.target.closest("[data-zd-tour-back]")) show(at - 1);
    if (event.target.closest("[data-zd-tour-end]")) end();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(at + 1);
    if (event.key === "ArrowLeft") show(at - 1);
  });
  // Escape closes it without asking us; that is told a moment later.
  box.addEventListener("close", remember);
  window.addEventListener("resize", () => { if (box.open) put(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-zd-tour-start]")) start();
    if (event.target.closest("[data-zd-tour-decline]")) remember();
  });
  if (tour.starts) {
    // So that reloading the page does not begin anew.
    history.replaceState(null, "", window.location.pathname);
    start();
  }
})();
