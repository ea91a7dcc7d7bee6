/* Files of a form whose record does not exist yet: each is sent when chosen, the form carries its mark.
   The hidden field is what the draft keeps, so the list is drawn from it again whenever the form changes. */
(function () {
  "use strict";
  const root = document.querySelector("[data-zd-held]");
  if (!root) return;
  const form = root.closest("form");
  const field = root.querySelector("input[name=held]");
  const list = root.querySelector("ul");
  const personal = root.querySelector("[data-zd-personal]");
  const texts = JSON.parse(document.getElementById("zd-held-texts").textContent);
  const say = (key, values) => texts[key].replace(/\{(\w+)\}/g, (_all, name) => (values || {})[name]);
  const MIB = 1024 * 1024;
  const most = Number(root.dataset.largest);
  let drawn = null;
  let running = 0;
  root.hidden = false;

  function held() {
    try { return JSON.parse(field.value || "[]"); } catch (_error) { return []; }
  }
  function write(items) {
    field.value = items.length ? JSON.stringify(items) : "";
    draw();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }
  function button(label, text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "zd-btn zd-btn-quiet";
    made.textContent = text;
    if (label !== text) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }
  function line(text, className) {
    const item = document.createElement("li");
    const words = document.createElement("span");
    item.className = className || "";
    words.textContent = text;
    item.append(words);
    list.append(item);
    return item;
  }
  function draw() {
    if (drawn === field.value) return;
    drawn = field.value;
    list.querySelectorAll(".is-held").forEach((item) => item.remove());
    held().forEach((file) => {
      const item = line(file.name + " · " + file.size + (file.is_personal ? " · " + say("personal") : ""), "is-held");
      item.append(button(say("remove", file), "×", () => write(held().filter((other) => other.mark !== file.mark))));
    });
  }

  function refuse(item, message, retry) {
    item.className = "is-error";
    item.querySelector("span").textContent = message;
    if (retry) item.append(button(say("again"), say("again"), () => { item.remove(); retry(); }));
    item.append(button(say("remove", { name: message }), "×", () => item.remove()));
  }
  async function send(file, isPersonal) {
    const name = file.name;
    if (file.size > most) {
      refuse(line(name), say("tooLarge", { name, size: Math.ceil(file.size / MIB), most: most / MIB }));
      return;
    }
    const item = line(say("sending", { name }));
    const body = new FormData();
    body.append("csrf_token", form.elements.csrf_token.value);
    body.append("file", file, name);
    if (isPersonal) body.append("is_personal", "1");
    const retry = () => send(file, isPersonal);
    running += 1;
    try {
      const answer = await fetch(root.dataset.url, { method: "POST", body, headers: { "X-Requested-With": "XMLHttpRequest" }, credentials: "same-origin" });
      const isJson = (answer.headers.get("Content-Type") || "").includes("json");
      if (answer.redirected || answer.status === 401 || (answer.ok && !isJson)) { refuse(item, say("signedOut", { name }), retry); return; }
      const found = isJson ? await answer.json() : {};
      if (!answer.ok) { refuse(item, found.message || say("refused", { name }), answer.status >= 500 ? retry : null); return; }
      item.remove();
      write([...held().filter((other) => other.mark !== found.mark), found]);
    } catch (_error) {
      refuse(item, say("lost", { name }), retry);
    } finally {
      running -= 1;
    }
  }
  const take = (files) => Array.from(files || []).forEach((file) => send(file, personal.checked));

  root.querySelectorAll("input[type=file]").forEach((input) => input.addEventListener("change", (event) => {
    event.stopPropagation();
    take(input.files);
    input.value = "";
  }));
  personal.addEventListener("change", (event) => event.stopPropagation());
  const holdsFiles = (transfer) => transfer && Array.from(transfer.types).includes("Files");
  ["dragenter", "dragover", "dragleave", "drop"].forEach((name) => form.addEventListener(name, (event) => {
    if (!holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    root.classList.toggle("is-over", name === "dragenter" || name === "dragover");
    if (name === "drop") take(event.dataTransfer.files);
  }));
  form.addEventListener("paste", (event) => {
    const files = Array.from(event.clipboardData.files);
    if (!files.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    // A picture from the clipboard has no name of its own.
    const stamp = new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-");
    take(files.map((file) => (/^image\.\w+$/.test(file.name) ? new File([file], "paste-" + stamp + "." + file.name.split(".").pop(), { type: file.type }) : file)));
  });
  // Before everything else that a submitted form does.
  document.addEventListener("submit", (event) => {
    if (event.target !== form || !running) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.alert(say("wait"));
  }, true);
  form.addEventListener("change", draw);
  draw();
})();
