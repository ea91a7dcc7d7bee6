/* Comments, mentions and files of a record. Without this script every form still works; with it nothing typed is lost. */
(function () {
  "use strict";
  const one = (selector, root) => (root || document).querySelector(selector);
  const panel = one("[data-zd-talk]");
  if (!panel) return;
  const texts = JSON.parse(document.getElementById("zd-talk-texts").textContent);
  const say = (key, values) => texts[key].replace(/\{(\w+)\}/g, (_all, name) => (values || {})[name]);
  const byScript = { "X-Requested-With": "XMLHttpRequest" };
  const MIB = 1024 * 1024;
  const list = one("[data-zd-story]", panel);

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // ---- comments: sent in place, kept while they are typed ----------------------------------------

  // For this tab and this session only: what was typed may be about people.
  const keyOf = (form) => "zd-talk:" + new URL(form.action).pathname;
  const typedIn = (form) => one("textarea, input[name=reason]", form);
  function keep(form) {
    const field = typedIn(form);
    if (!field) return;
    const token = form.elements.token ? form.elements.token.value : "";
    try {
      if (field.value && field.value !== field.defaultValue) sessionStorage.setItem(keyOf(form), JSON.stringify([field.value, token]));
      else sessionStorage.removeItem(keyOf(form));
    } catch (_error) { /* private mode */ }
  }
  function restore(form) {
    const field = typedIn(form);
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(keyOf(form))); } catch (_error) { /* private mode */ }
    if (!field || !kept || field.value !== field.defaultValue) return;
    field.value = kept[0];
    const box = form.closest("details");
    if (box) box.open = true;
    // With its own mark: if only the answer was lost, sending it again says it once.
    if (form.elements.token && kept[1]) form.elements.token.value = kept[1];
  }

  // The story as it is now. Who is typing in it goes on where he was.
  function redraw(html) {
    const at = document.activeElement;
    const place = list.contains(at) && at.id && at.form ? [at.id, at.selectionStart, at.selectionEnd] : null;
    list.innerHTML = html;
    list.querySelectorAll("form[data-zd-talk-form]").forEach(restore);
    const field = place && document.getElementById(place[0]);
    if (!field) return;
    field.focus({ preventScroll: true });
    field.setSelectionRange(place[1], place[2]);
  }

  function tell(form, text, isError) {
    const place = one("[data-zd-talk-said]", form);
    place.textContent = text;
    place.classList.toggle("is-error", Boolean(isError));
  }

  // What the server says to a request: the answer, or a sentence that helps.
  async function read(answer) {
    if (answer.redirected || answer.status === 401) throw new Error(say("signedOut"));
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    const body = isJson ? await answer.json() : {};
    if (!answer.ok) throw Object.assign(new Error(body.message || say("failed", { code: answer.status })), { body });
    return body;
  }

  async function send(form) {
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    const button = one("[type=submit]", form);
    button.setAttribute("aria-busy", "true");
    try {
      let answer;
      try {
        answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: byScript, credentials: "same-origin" });
      } catch (_error) {
        throw new Error(say("offline"));
      }
      const found = await read(answer);
      const field = typedIn(form);
      if (field) { field.value = ""; field.defaultValue = ""; }
      keep(form);
      // The next comment is another one: sent again after a lost answer, this one would have been said once.
      if (form.elements.token) form.elements.token.value = found.token;
      tell(form, say("sent"));
      redraw(found.story);
      if (field && panel.contains(field)) field.focus();
    } catch (error) {
      if (error.body && error.body.code === "idempotency_key_reused") {
        // What was sent first is said; the text that stands here now is another comment.
        form.elements.token.value = error.body.token;
        keep(form);
        redraw(error.body.story);
      }
      tell(form, error.message, true);
    } finally {
      delete form.dataset.busy;
      button.removeAttribute("aria-busy");
    }
  }

  panel.addEventListener("submit", (event) => {
    if (event.target.matches("[data-zd-talk-form]")) {
      event.preventDefault();
      event.stopPropagation();
      send(event.target);
    } else if (event.target.matches("[data-zd-talk-files]")) {
      event.preventDefault();
      event.stopPropagation();
      queue(one("input[name=file]", event.target).files);
    }
  });
  panel.addEventListener("input", (event) => {
    const form = event.target.closest("[data-zd-talk-form]");
    if (!form) return;
    keep(form);
    const left = event.target.maxLength - event.target.value.length;
    if (event.target.tagName === "TEXTAREA") tell(form, left < 200 ? say("left", { n: left }) : "");
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form && event.target.matches("[data-zd-talk-form] textarea")) {
      event.preventDefault();
      send(event.target.form);
    }
  });
  panel.querySelectorAll("form[data-zd-talk-form]").forEach(restore);

  // ---- mentions ----------------------------------------------------------------------------------

  function mentions(field) {
    const menu = make("ul", "zd-mentions");
    menu.id = "zd-mentions";
    menu.setAttribute("role", "listbox");
    menu.hidden = true;
    field.after(menu);
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": menu.id, "aria-expanded": "false" })
      .forEach(([name, value]) => field.setAttribute(name, value));
    let at = -1;
    let chosen = 0;
    let asked = 0;
    let timer = null;
    const options = () => Array.from(menu.querySelectorAll("[role=option]"));
    const close = () => {
      menu.hidden = true;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };
    const mark = (index) => {
      const all = options();
      if (!all.length) return;
      chosen = (index + all.length) % all.length;
      all.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
      field.setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    };
    const take = (name) => {
      const caret = field.selectionStart;
      field.setRangeText("@" + name + " ", at, caret, "end");
      close();
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const show = (people) => {
      menu.replaceChildren();
      people.forEach((person, index) => {
        const option = make("li", "", person.name);
        option.id = "zd-mention-" + index;
        option.setAttribute("role", "option");
        if (!person.name.includes("(")) option.append(make("small", "zd-muted", " " + person.login));
        option.addEventListener("mousedown", (event) => { event.preventDefault(); take(person.name); });
        option.dataset.name = person.name;
        menu.append(option);
      });
      if (!people.length) menu.append(make("li", "zd-muted", say("noPeople")));
      menu.hidden = false;
      field.setAttribute("aria-expanded", "true");
      mark(0);
    };
    const look = () => {
      const before = field.value.slice(0, field.selectionStart);
      const found = /[@＠]([^\s@＠,，.。:：;；]{0,20})$/.exec(before);
      clearTimeout(timer);
      if (!found || /[A-Za-z0-9._-]$/.test(before.slice(0, found.index))) { close(); return; }
      at = found.index;
      const number = ++asked;
      timer = setTimeout(() => {
        fetch(field.form.dataset.people + "?q=" + encodeURIComponent(found[1]), { headers: byScript, credentials: "same-origin" })
          .then(read)
          .then((answer) => { if (number === asked && document.activeElement === field) show(answer.results); })
          .catch(close);
      }, 150);
    };
    field.addEventListener("input", look);
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      if (menu.hidden || event.isComposing) return;
      const all = options();
      if (event.key === "ArrowDown") mark(chosen + 1);
      else if (event.key === "ArrowUp") mark(chosen - 1);
      else if (event.key === "Escape") close();
      else if ((event.key === "Enter" || event.key === "Tab") && all.length && !event.ctrlKey) take(all[chosen].dataset.name);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
  panel.querySelectorAll("[data-zd-mention]").forEach(mentions);

  // ---- files: chosen, dropped, pasted, photographed ----------------------------------------------

  const filesForm = one("[data-zd-talk-files]", panel);
  const shown = one("[data-zd-talk-queue]", panel);
  const waiting = [];
  let running = false;

  function line(name) {
    const item = make("li");
    const text = make("span", "zd-talk__name", name);
    const bar = make("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    item.append(text, bar);
    shown.append(item);
    return { item, text, bar };
  }

  function refuse(job, message, again) {
    const { item, text, bar } = job.line;
    bar.remove();
    item.className = "is-error";
    text.textContent = message;
    if (again) {
      const retry = make("button", "zd-btn zd-btn-default", say("again"));
      retry.type = "button";
      retry.addEventListener("click", () => { item.remove(); queue([job.file], job.isPersonal); });
      item.append(retry);
    }
    const away = make("button", "zd-btn zd-btn-quiet", say("dismiss"));
    away.type = "button";
    away.addEventListener("click", () => item.remove());
    item.append(away);
  }

  function queue(found, isPersonal) {
    const personal = isPersonal === undefined ? filesForm.elements.is_personal.checked : isPersonal;
    Array.from(found || []).forEach((file) => {
      const job = { file, isPersonal: personal, line: line(file.name) };
      const most = Number(filesForm.dataset.largest);
      // Said before a byte is sent: a film of 50 MB would take minutes to be refused.
      if (file.size > most) refuse(job, say("tooLarge", { name: file.name, size: Math.ceil(file.size / MIB), most: most / MIB }));
      else waiting.push(job);
    });
    filesForm.reset();
    next();
  }

  function next() {
    if (running || !waiting.length) return;
    running = true;
    const job = waiting.shift();
    const done = () => { running = false; next(); };
    const body = new FormData();
    body.append("csrf_token", filesForm.elements.csrf_token.value);
    body.append("file", job.file, job.file.name);
    if (job.isPersonal) body.append("is_personal", "1");
    const request = new XMLHttpRequest();
    request.open("POST", filesForm.action);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.upload.addEventListener("progress", (event) => {
      const percent = event.lengthComputable ? Math.round((100 * event.loaded) / event.total) : 0;
      job.line.bar.value = percent;
      job.line.text.textContent = say("uploading", { name: job.file.name, percent: percent + " %" });
    });
    request.addEventListener("load", () => {
      let found = {};
      try { found = JSON.parse(request.responseText); } catch (_error) { /* a page, not an answer */ }
      if (request.status === 200 && found.story !== undefined) {
        redraw(found.story);
        job.line.text.textContent = say("uploaded", { name: job.file.name });
        job.line.bar.remove();
        setTimeout(() => job.line.item.remove(), 4000);
      } else if (request.status === 200) refuse(job, say("signedOut"), true);
      else refuse(job, found.message || say("refused", { name: job.file.name }) + " (" + request.status + ")", request.status >= 500);
      done();
    });
    request.addEventListener("error", () => { refuse(job, say("notUploaded", { name: job.file.name }), true); done(); });
    request.send(body);
  }

  if (filesForm) {
    panel.classList.add("has-script");
    filesForm.querySelectorAll("input[type=file]").forEach((input) =>
      input.addEventListener("change", () => queue(Array.from(input.files))));
    const zone = one("[data-zd-talk-drop]", panel);
    const holdsFiles = (transfer) => transfer && Array.from(transfer.types).includes("Files");
    ["dragenter", "dragover", "dragleave", "drop"].forEach((name) => zone.addEventListener(name, (event) => {
      if (!holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      zone.classList.toggle("is-over", name === "dragenter" || name === "dragover");
      if (name === "drop") queue(event.dataTransfer.files);
    }));
    zone.addEventListener("paste", (event) => {
      const found = Array.from(event.clipboardData.files);
      if (!found.length) return;
      event.preventDefault();
      // A picture from the clipboard has no name of its own.
      const stamp = new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-");
      queue(found.map((file) => (/^image\.\w+$/.test(file.name) ? new File([file], "paste-" + stamp + "." + file.name.split(".").pop(), { type: file.type }) : file)));
    });
    window.addEventListener("beforeunload", (event) => { if (running || waiting.length) event.preventDefault(); });
  }

  // ---- older entries, and a look at a picture ----------------------------------------------------

  const dialog = one("[data-zd-picture]");
  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-zd-story-more] a[data-part]");
    const look = event.target.closest("a[data-zd-enlarge]");
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (more) {
      event.preventDefault();
      const place = more.closest("[data-zd-story-more]");
      fetch(more.dataset.part, { headers: byScript, credentials: "same-origin" })
        .then((answer) => { if (!answer.ok || answer.redirected) throw new Error(); return answer.text(); })
        .then((html) => {
          place.insertAdjacentHTML("afterend", html);
          const first = place.nextElementSibling;
          place.remove();
          if (first) { first.tabIndex = -1; first.focus({ preventScroll: true }); }
        })
        .catch(() => { window.location.href = more.href; });
    } else if (look && dialog && dialog.showModal) {
      event.preventDefault();
      const picture = one("img", dialog);
      picture.src = look.href;
      picture.alt = look.dataset.zdEnlarge;
      one(".zd-picture__name", dialog).textContent = look.dataset.zdEnlarge;
      one("a", dialog).href = look.href;
      dialog.showModal();
    } else if (dialog && (event.target === dialog || event.target.closest("[data-zd-close]"))) dialog.close();
  });
})();
