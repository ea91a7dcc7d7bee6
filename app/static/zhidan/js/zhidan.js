/* Behaviour of the screens. Every page works by its markup (data-zd-… attributes); no inline handlers, no eval. */
(function () {
  "use strict";

  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const one = (selector, root) => (root || document).querySelector(selector);
  const jq = window.jQuery;
  function readJson(id) {
    const element = document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  }

  const texts = readJson("zd-texts") || {};
  const say = (key, values) =>
    (texts[key] || "").replace(/\{(\w+)\}/g, (_all, name) => (values || {})[name]);

  // ---- side bar, menus, messages -----------------------------------------------------------

  function initSideBar() {
    const side = document.getElementById("zd-side");
    if (!side) return;
    const toggle = one("[data-zd-side-toggle]");
    const veil = one("[data-zd-side-close]");
    const show = (open) => {
      document.body.classList.toggle("zd-side-open", open);
      toggle.setAttribute("aria-expanded", String(open));
      veil.hidden = !open;
      // Shown by a style change, so the focus can move only after it.
      if (open) requestAnimationFrame(() => one("a, summary", side).focus());
      else toggle.focus();
    };
    toggle.addEventListener("click", () => show(!document.body.classList.contains("zd-side-open")));
    veil.addEventListener("click", () => show(false));
    side.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && document.body.classList.contains("zd-side-open")) show(false);
    });
    // What the person opened or closed stays so; the group of the current page is always open.
    $$("details[data-zd-group]", side).forEach((group) => {
      const key = "zd-nav:" + group.dataset.zdGroup;
      let kept = null;
      try { kept = localStorage.getItem(key); } catch (_error) { /* private mode */ }
      if (kept !== null && !("zdActive" in group.dataset)) group.open = kept === "1";
      // Not on "toggle": that also fires for a group that the page itself has opened.
      one("summary", group).addEventListener("click", () => {
        try { localStorage.setItem(key, group.open ? "0" : "1"); } catch (_error) { /* private mode */ }
      });
    });
    const current = one("[aria-current]", side);
    if (current && side.scrollHeight > side.clientHeight) current.scrollIntoView({ block: "nearest" });
  }
  function initMenus() {
    document.addEventListener("click", (event) => {
      $$("details[data-zd-menu][open]").forEach((menu) => {
        // Choosing in a Select2 or a dialog happens outside of the menu's own tree.
        if (!menu.contains(event.target) && !event.target.closest(".select2-container, dialog")) menu.open = false;
      });
      const dismiss = event.target.closest("[data-zd-dismiss]");
      if (dismiss) dismiss.closest(".zd-alert").remove();
      const filters = event.target.closest("[data-zd-filters-toggle]");
      if (filters) filters.setAttribute("aria-expanded", String(filters.form.classList.toggle("is-open")));
      // A closed step does nothing but keep the focus, so that its reasons stay readable.
      if (event.target.closest("[data-zd-closed]")) event.preventDefault();
      if (event.target.closest("[data-zd-print]")) window.print();
    });
    // A menu near the right edge opens to the left. ("toggle" does not bubble, hence the capture.)
    document.addEventListener("toggle", (event) => {
      const body = event.target.matches("details[data-zd-menu][open]") && one(".zd-menu__body", event.target);
      if (body && body.getBoundingClientRect().right > window.innerWidth) body.classList.add("zd-menu__body--right");
    }, true);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        $$("details[data-zd-menu][open]").forEach((menu) => {
          menu.open = false;
          one("summary", menu).focus();
        });
      }
    });
  }

  // ---- confirm, double submit, unsaved changes -----------------------------------------------

  const dialog = document.getElementById("zd-confirm");
  function confirmThen(text, okLabel, tone, act) {
    if (!dialog || !dialog.showModal) {
      if (window.confirm(text)) act();
      return;
    }
    const ok = one("[data-zd-ok]", dialog);
    one("#zd-confirm-text", dialog).textContent = text;
    ok.textContent = okLabel || say("ok");
    ok.className = "zd-btn zd-btn-" + (tone === "danger" ? "danger" : "primary");
    ok.onclick = () => { dialog.close(); act(); };
    one("[data-zd-cancel]", dialog).onclick = () => dialog.close();
    dialog.showModal();
    (tone === "danger" ? one("[data-zd-cancel]", dialog) : ok).focus();
  }

  let leavingByForm = false;
  function initForms() {
    document.addEventListener("submit", (event) => {
      const form = event.target;
      const button = event.submitter;
      const asks = (button && button.dataset.confirm && button) || (form.dataset.confirm && form);
      if (asks && form.dataset.zdConfirmed !== "1") {
        event.preventDefault();
        confirmThen(asks.dataset.confirm, asks.dataset.confirmOk, asks.dataset.confirmTone, () => {
          form.dataset.zdConfirmed = "1";
          if (form.requestSubmit) form.requestSubmit(button || undefined);
          else form.submit();
        });
        return;
      }
      delete form.dataset.zdConfirmed;
      if ("zdFilters" in form.dataset && !form.closest("[data-zd-part]")) {
        // Empty choices stay out of the address; switched back on for the page kept by the browser.
        const empty = Array.from(form.elements).filter((input) => input.name && input.value === "" && !input.disabled);
        empty.forEach((input) => { input.disabled = true; });
        setTimeout(() => empty.forEach((input) => { input.disabled = false; }), 500);
      }
      if ("zdOnce" in form.dataset) {
        if (form.dataset.zdSent === "1") { event.preventDefault(); return; }
        form.dataset.zdSent = "1";
        const pressed = button || one("[type=submit]", form);
        if (pressed) pressed.setAttribute("aria-busy", "true");
      }
      leavingByForm = true;
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-confirm]");
      if (!link) return;
      event.preventDefault();
      confirmThen(link.dataset.confirm, link.dataset.confirmOk, link.dataset.confirmTone, () => { window.location.href = link.href; });
    });
    // Back to a page kept in memory: its buttons work again.
    window.addEventListener("pageshow", (event) => {
      leavingByForm = false;
      if (!event.persisted) return; // what a new page still waits for is busy
      $$("form[data-zd-sent]").forEach((form) => delete form.dataset.zdSent);
      $$("[aria-busy=true]").forEach((element) => element.removeAttribute("aria-busy"));
    });
  }

  // A download leaves the page as it is: two clicks are one file, but a later click is a new one.
  function initExports() {
    document.addEventListener("submit", (event) => {
      const token = event.target.matches("form[data-zd-export]") ? one("input[name=token]", event.target) : null;
      if (token) setTimeout(() => { token.value = window.crypto.randomUUID ? window.crypto.randomUUID() : String(Math.random()).slice(2) + Date.now(); }, 3000);
    });
  }
  function initFolds() {
    if (!window.matchMedia("(max-width: 640px)").matches) return;
    $$("details[data-zd-narrow]").forEach((fold) => { fold.open = false; });
  }
  function initUnsaved() {
    const forms = $$("form[data-zd-guard]");
    if (!forms.length) return;
    const print = (form) => new URLSearchParams(
      Array.from(new FormData(form)).map(([name, value]) => [name, value instanceof File ? value.name : value])
    ).toString();
    // Taken after Select2 has settled, so that an untouched form counts as untouched.
    const before = new Map(forms.map((form) => [form, print(form)]));
    window.addEventListener("beforeunload", (event) => {
      const changed = forms.some((form) => print(form) !== before.get(form));
      if (changed && !leavingByForm) {
        event.preventDefault();
        event.returnValue = say("unsaved");
      }
    });
  }

  // ---- Select2 with search on the server -----------------------------------------------------

  const select2Texts = {
    errorLoading: () => say("searchError"),
    inputTooShort: (args) => say("tooShort", { n: args.minimum }),
    loadingMore: () => say("loadingMore"),
    noResults: () => say("noResults"),
    searching: () => say("searching"),
    removeAllItems: () => say("removeAll"),
    removeItem: () => say("removeItem"),
    search: () => say("search"),
  };
  function nameBox(select, label) {
    // Select2 names its box by the chosen value alone; a screen reader also needs the field's label.
    const next = select.nextElementSibling;
    const box = next && one(".select2-selection", next);
    if (!box) return;
    if (label) {
      label.id = label.id || select.id + "-label";
      const rendered = one(".select2-selection__rendered", box);
      box.setAttribute("aria-labelledby", label.id + (rendered && rendered.id ? " " + rendered.id : ""));
      if (rendered) rendered.setAttribute("aria-label", label.textContent.trim());
      $$(".select2-search__field", box).forEach((input) => input.setAttribute("aria-label", label.textContent.trim()));
    }
    ["aria-describedby", "aria-invalid", "aria-required"].forEach((name) => {
      if (select.hasAttribute(name)) box.setAttribute(name, select.getAttribute(name));
    });
  }
  function initSelects(root) {
    if (!jq || !jq.fn.select2) return;
    $$("select[data-zd-relation], select.zd-select2", root).forEach((select) => {
      if (jq(select).data("select2")) return;
      const label = select.id ? one('label[for="' + select.id + '"]') : null;
      const options = {
        language: select2Texts,
        width: "100%",
        placeholder: { id: "", text: select.dataset.placeholder || "" },
        allowClear: !select.multiple && !select.required,
        dropdownParent: jq(select.closest("dialog") || document.body),
      };
      if ("zdRelation" in select.dataset) {
        const depends = (select.dataset.depends || "").split(" ").filter(Boolean);
        options.ajax = {
          url: select.dataset.url,
          dataType: "json",
          delay: 200,
          data: (params) => {
            const query = { q: params.term || "", page: params.page || 1 };
            depends.forEach((name) => {
              const other = select.form.elements[name];
              if (other && other.value) query[name] = other.value;
            });
            return query;
          },
          processResults: (data) => ({ results: data.results, pagination: data.pagination }),
        };
        depends.forEach((name) => {
          const other = select.form && select.form.elements[name];
          if (other) jq(other).on("change", () => jq(select).val(null).trigger("change"));
        });
      }
      jq(select).select2(options);
      nameBox(select, label);
      if (label) label.addEventListener("click", () => one(".select2-selection", select.nextElementSibling).focus());
    });
  }
  function initSelectFocus() {
    if (!jq) return;
    // jQuery 3.6 lost the focus of Select2's search box.
    jq(document).on("select2:open", () => {
      const box = one(".select2-container--open .select2-search__field");
      if (box) { box.setAttribute("aria-label", say("search")); box.focus(); }
    });
  }

  // ---- tabs ----------------------------------------------------------------------------------

  function initTabs(root) {
    $$("[data-zd-tabs]", root).forEach((box) => {
      const tabs = $$("[role=tab]", box);
      const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
      const load = (panel) => {
        const source = panel.dataset.src;
        if (!source) return;
        delete panel.dataset.src;
        panel.setAttribute("aria-busy", "true");
        fetch(source, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } })
          .then((answer) => { if (!answer.ok) throw new Error(String(answer.status)); return answer.text(); })
          .then((html) => {
            panel.insertAdjacentHTML("beforeend", html);
            initSelects(panel);
          })
          .catch(() => {
            panel.dataset.src = source;
            const message = document.createElement("p");
            message.className = "zd-empty";
            message.textContent = say("loadFailed");
            panel.replaceChildren(message);
          })
          .finally(() => panel.removeAttribute("aria-busy"));
      };
      const open = (tab, focus) => {
        tabs.forEach((other) => {
          const chosen = other === tab;
          other.setAttribute("aria-selected", String(chosen));
          other.tabIndex = chosen ? 0 : -1;
          panelOf(other).hidden = !chosen;
        });
        if (focus) tab.focus();
        load(panelOf(tab));
      };
      tabs.forEach((tab, index) => {
        tab.addEventListener("click", () => {
          open(tab, false);
          history.replaceState(null, "", "#" + tab.id);
        });
        tab.addEventListener("keydown", (event) => {
          const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
          if (to === undefined) return;
          event.preventDefault();
          open(tabs[(to + tabs.length) % tabs.length], true);
        });
      });
      const named = tabs.find((tab) => "#" + tab.id === window.location.hash);
      open(named || tabs.find((tab) => tab.getAttribute("aria-selected") === "true"), false);
    });
  }

  // ---- bulk selection --------------------------------------------------------------------------

  function initBulk() {
    const boxes = () => $$("[data-zd-row]");
    let last = null;
    const refresh = () => {
      const bar = one("[data-zd-bulk]");
      if (!bar) return;
      const all = one("[data-zd-check-all]");
      const hint = one(".zd-bulk__hint", bar);
      const chosen = boxes().filter((box) => box.checked);
      boxes().forEach((box) => box.closest("tr").classList.toggle("is-selected", box.checked));
      bar.hidden = chosen.length === 0;
      one(".zd-bulk__count", bar).textContent = say("selected", { n: chosen.length });
      if (all) all.checked = chosen.length > 0 && chosen.length === boxes().length;
      if (all) all.indeterminate = chosen.length > 0 && !all.checked;
      const closed = [];
      $$("[data-step]", bar).forEach((button) => {
        const without = chosen.filter((box) => !box.dataset.steps.split(" ").includes(button.dataset.step)).length;
        button.disabled = chosen.length > 0 && without === chosen.length;
        if (without) closed.push(say("bulkClosed", { n: without, label: button.textContent.trim() }));
      });
      hint.textContent = closed.join(" · ");
      hint.hidden = closed.length === 0;
    };
    const checkAll = (on) => { boxes().forEach((box) => { box.checked = on; }); refresh(); };
    document.addEventListener("click", (event) => {
      if (event.target.matches("[data-zd-check-all]")) checkAll(event.target.checked);
      if (event.target.closest("[data-zd-uncheck]")) checkAll(false);
      if (!event.target.matches("[data-zd-row]")) return;
      if (event.shiftKey && boxes().includes(last)) {
        const [from, to] = [boxes().indexOf(last), boxes().indexOf(event.target)].sort((a, b) => a - b);
        boxes().slice(from, to + 1).forEach((other) => { other.checked = event.target.checked; });
      }
      last = event.target;
      refresh();
    });
    window.addEventListener("pageshow", refresh); // also the first time
    document.addEventListener("zd:part", refresh);
  }

  // ---- the framework's own pages -----------------------------------------------------------------

  function nameFrameworkParts() {
    $$("input.action_check_all").forEach((box) => box.setAttribute("aria-label", say("selectAll")));
    $$("input.action_check").forEach((box) => box.setAttribute("aria-label", say("selectRow")));
    $$("main .table th:empty").forEach((cell) => {
      const text = document.createElement("span");
      text.className = "sr-only";
      text.textContent = say("actions");
      cell.append(text);
    });
    $$("main .select2-search__field:not([aria-label])").forEach((box) => box.setAttribute("aria-label", say("search")));
  }

  // ---- file drop -------------------------------------------------------------------------------

  function initDrop() {
    $$("[data-zd-drop]").forEach((zone) => {
      const input = one("input", zone);
      const mark = (on) => (event) => { event.preventDefault(); zone.classList.toggle("is-over", on); };
      zone.addEventListener("dragover", mark(true));
      zone.addEventListener("dragleave", mark(false));
      zone.addEventListener("drop", (event) => {
        mark(false)(event);
        if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; input.dispatchEvent(new Event("change")); }
      });
    });
  }
  // The button of a file field speaks the language of the page; what was chosen stands beside it.
  function initFiles() {
    $$("[data-zd-file-name]").forEach((told) => {
      const [input, none] = [one("input", told.parentElement), told.textContent];
      input.addEventListener("change", () => { told.textContent = input.files.length ? input.files[0].name : none; });
    });
  }
  function start() {
    initSideBar();
    initMenus();
    initForms();
    initSelectFocus();
    initSelects(document);
    initTabs(document);
    initBulk();
    initDrop();
    initFiles();
    initUnsaved();
    initFolds();
    document.addEventListener("zd:part", (event) => initSelects(event.target));
    initExports();
    if (jq) jq(nameFrameworkParts); // after the framework's own ready handlers
    $$(".zd-track").forEach((track) => {
      const current = one("[aria-current]", track);
      if (current) track.scrollLeft = current.offsetLeft - (track.clientWidth - current.offsetWidth) / 2;
    });
    window.zdBegin(say("required"));
    document.documentElement.dataset.zdReady = "1";
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
