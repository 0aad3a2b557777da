// The few things htmx does not do: the anti-forgery header, being told again after a pause, toasts, keys.
"use strict";

(() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;

  // Every change proves that it comes from our page.
  document.addEventListener("htmx:config:request", (event) => {
    const token = meta("csrf-token");
    if (token) event.detail.ctx.request.headers["X-CSRF-Token"] = token;
  });

  // On a narrow screen the menu scrolls: the place where one is comes into view.
  document.querySelector(".nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

  // The names of the parts that changed. The stream is closed while the page is hidden, and may break. What
  // happened meanwhile is not replayed: on coming back, every live fragment loads again.
  const live = document.getElementById("live");
  let stream;
  let wasOpen = false;

  function listen() {
    stream = new EventSource("/live");
    stream.addEventListener("open", () => {
      if (wasOpen) htmx.trigger(document.body, "resumed");
      wasOpen = true;
    });
    for (const part of live.dataset.parts.split(" ")) {
      stream.addEventListener(part, () => htmx.trigger(document.body, part));
    }
    stream.addEventListener("signed-out", () => {
      stream.close();
      location.assign("/");
    });
    stream.addEventListener("error", () => {
      // The browser reconnects a broken line; one that was refused is for us to try again.
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => document.hidden || listen(), 30000);
    });
  }
  if (live) {
    if (!document.hidden) listen();
    document.addEventListener("visibilitychange", () => {
      stream?.close();
      if (!document.hidden) listen();
    });
  }

  // `HX-Trigger: {"toast": {"text": "…", "tone": "bad"}}` on any response shows a toast.
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));
  document.addEventListener("htmx:error", (event) => {
    // A person's own click is told that it failed; what reloads by itself does so again later.
    const source = event.detail?.ctx?.sourceElement;
    if (source && !source.matches("[hx-trigger^=load]")) toast(meta("text-offline"), "bad");
  });

  function toast(text, tone) {
    const place = document.getElementById("toasts");
    if (!place || !text) return;
    const element = document.createElement("div");
    element.className = tone ? `toast toast-${tone}` : "toast";
    const words = document.createElement("span");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", meta("text-close"));
    close.addEventListener("click", () => element.remove());
    element.append(words, close);
    place.append(element);
    if (tone !== "bad") setTimeout(() => element.remove(), 8000);
  }

  // Menus close when one clicks elsewhere or presses Escape, and give the focus back.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  });

  // What is being typed outlives an expired session or a lost connection: kept by this browser for a day, put
  // back where the server knows nothing newer, and gone with the sending or on signing out.
  const KEPT = "kept:";
  const keyOf = (field) => `${KEPT}${location.pathname}:${field.name}`;
  const keptKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(KEPT));
  try {
    const isSent = /^\/(tickets|desk)\/tkt_/.test(location.pathname);
    for (const key of keptKeys()) {
      if (isSent || !(Date.now() - JSON.parse(localStorage[key]).at < 86400000)) localStorage.removeItem(key);
    }
    for (const field of document.querySelectorAll("[data-kept]")) {
      const kept = localStorage[keyOf(field)];
      if (kept && !field.value) field.value = JSON.parse(kept).value;
      if (kept && field.value === field.defaultValue) localStorage.removeItem(keyOf(field));
    }
    document.addEventListener("input", (event) => {
      const field = event.target;
      if (!field.matches("[data-kept]")) return;
      localStorage[keyOf(field)] = JSON.stringify({ at: Date.now(), value: field.value });
    });
    document.addEventListener("submit", (event) => {
      if (event.target.getAttribute("action") !== "/sign-out") return;
      // With what inspections keep, under a name of their own.
      Object.keys(localStorage).filter((key) => /^kept/.test(key)).forEach((key) => localStorage.removeItem(key));
    });
  } catch {
    // A browser that keeps nothing keeps nothing: the pages work all the same.
  }

  // Words typed in another form of a request's page outlive the sending of this one, also where it is refused:
  // kept by this tab until the page is there again.
  const request = /^\/(?:desk|tickets)\/tkt_[^/]+/.exec(location.pathname)?.[0];
  try {
    const others = JSON.parse(sessionStorage.getItem(`others:${request}`) ?? "{}");
    sessionStorage.removeItem(`others:${request}`);
    for (const [id, words] of Object.entries(others)) {
      const field = document.getElementById(id);
      if (field?.value !== "") continue;
      field.value = words;
      field.closest("details")?.setAttribute("open", "");
    }
    document.addEventListener("submit", (event) => {
      if (event.target.getAttribute("action") === "/sign-out") sessionStorage.clear();
      else if (request) {
        const typed = [...document.querySelectorAll("textarea[id]")].filter(
          (field) => field.form !== event.target && field.value.trim() && field.value !== field.defaultValue,
        );
        const kept = Object.fromEntries(typed.map((field) => [field.id, field.value]));
        sessionStorage.setItem(`others:${request}`, JSON.stringify(kept));
      }
    });
  } catch {
    // As above.
  }

  // What is typed and ticked outlives a change of language: kept by this tab until the page is there again. The
  // way back follows the address, which filters change without a page of their own.
  const SWITCHED = "switched";
  const KEPT_NOT = "[type=hidden], [type=password], [type=submit], [type=button]";
  const filledIn = () =>
    [...document.querySelectorAll("main form")].flatMap((form, at) =>
      [...form.elements]
        .filter((field) => field.name && !field.matches(KEPT_NOT))
        .map((field, place) => ({ field, key: `${at} ${form.getAttribute("action")} ${field.name} ${place}` })),
    );
  const chosenOf = (field) =>
    field.matches("[type=checkbox], [type=radio]")
      ? { now: field.checked, before: field.defaultChecked }
      : field.matches("select")
        ? {
            now: [...field.options].map((one) => one.selected),
            before: [...field.options].map((one) => one.defaultSelected),
          }
        : { now: field.value, before: field.defaultValue };
  try {
    const switched = JSON.parse(sessionStorage.getItem(SWITCHED) ?? "null");
    sessionStorage.removeItem(SWITCHED);
    if (switched?.page === location.pathname + location.search) {
      for (const { field, key } of filledIn()) {
        if (!(key in switched.fields)) continue;
        const kept = switched.fields[key];
        if (field.type === "file") {
          const words = document.createElement("p");
          words.className = "field-error";
          words.setAttribute("role", "status");
          words.textContent = meta("text-photos-again");
          const frame = field.closest("fieldset, .field");
          if (!frame?.querySelector("[role=status]")) frame?.append(words);
        } else if (typeof kept === "boolean") field.checked = kept;
        else if (Array.isArray(kept)) [...field.options].forEach((one, at) => (one.selected = kept[at] ?? false));
        else field.value = kept;
        field.closest("details")?.setAttribute("open", "");
      }
    }
    document.addEventListener("submit", (event) => {
      if (event.target.getAttribute("action") !== "/language") return;
      const next = event.target.elements.next;
      const isAsked = next.hasAttribute("data-here");
      if (isAsked) next.value = location.pathname + location.search;
      const fields = {};
      for (const { field, key } of filledIn()) {
        const { now, before } = chosenOf(field);
        // Of a page that came back to a form, what was typed is what the server put there.
        if (!isAsked || JSON.stringify(now) !== JSON.stringify(before)) fields[key] = now;
        if (field.type === "file" && !field.value) delete fields[key];
      }
      sessionStorage.setItem(SWITCHED, JSON.stringify({ page: next.value, fields }));
    });
  } catch {
    // As above.
  }

  // A choice that applies at once, where scripts run; without them the form keeps its button.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // Keys: ? help, / search, j and k through the list, p and n through pages and weeks, x to choose a line,
  // g then a letter to a page of the menu.
  let leading = false;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    const wasLeading = leading;
    leading = false;
    if (wasLeading) {
      const place = document.querySelector(`.nav a[data-key="${CSS.escape(event.key)}"]`);
      if (place) place.click();
    } else if (event.key === "g") {
      leading = true;
      setTimeout(() => (leading = false), 1500);
    } else if (event.key === "?") {
      document.getElementById("keys")?.showModal();
    } else if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    } else if (event.key === "j" || event.key === "k") {
      step(event.key === "j" ? 1 : -1);
    } else if (event.key === "p" || event.key === "n") {
      document.querySelector(`main [rel=${event.key === "p" ? "prev" : "next"}]`)?.click();
    } else if (event.key === "x") {
      document.activeElement.closest("tr")?.querySelector(".pick input")?.click();
    }
  });

  // On a phone a row of tabs is wider than the screen: the one that is open is shown.
  for (const open of document.querySelectorAll('.tabs [aria-current="page"]')) {
    const row = open.parentElement;
    const [tab, frame] = [open.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += tab.left - frame.left - (frame.width - tab.width) / 2;
  }

  function step(by) {
    const items = [...document.querySelectorAll("main [data-item], main a.list-item")];
    if (!items.length) return;
    const at = items.indexOf(document.activeElement);
    items[at < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(Math.max(at + by, 0), items.length - 1)].focus();
  }
})();
