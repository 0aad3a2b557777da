// An inspection on a phone whose network comes and goes: what is typed is kept until the server has it, forms
// are sent again by themselves, signatures are drawn. Without it every form works as forms do.
"use strict";

(() => {
  const KEEPS = "form[data-keeps]";
  const RETRY_MS = 10000;
  const SLOW_MS = 700;
  const LANDS = "inspection-lands";

  // What was typed and not yet taken by the server waits in this browser under the form's name.
  const KEPT = "kept-inspection:";
  const KEPT_MS = 30 * 86400000;
  const placeOf = (form) => KEPT + form.dataset.keeps;

  function textsOf(form) {
    const texts = {};
    for (const field of form.elements) {
      if (field.name && /^(text|textarea|select-one|number)$/.test(field.type)) texts[field.name] = field.value;
    }
    return texts;
  }

  function keep(form) {
    try {
      localStorage.setItem(placeOf(form), JSON.stringify({ at: Date.now(), texts: textsOf(form) }));
    } catch {
      // A browser without storage keeps the page itself.
    }
  }

  function kept(form) {
    try {
      const found = JSON.parse(localStorage.getItem(placeOf(form)) || "null");
      return found && Date.now() - found.at < KEPT_MS ? found.texts : null;
    } catch {
      return null;
    }
  }

  // Somebody may have typed before this script came.
  const isTouched = (form) =>
    [...form.elements].some(
      (field) => "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue,
    );

  for (const form of document.querySelectorAll(KEEPS)) {
    const before = kept(form);
    if (isTouched(form)) {
      keep(form);
    } else if (before) {
      for (const [name, value] of Object.entries(before)) {
        const field = form.elements.namedItem(name);
        if (field && value) field.value = value;
      }
      form.closest("details")?.setAttribute("open", "");
    }
    form.addEventListener("input", () => keep(form));
  }

  // A form goes by fetch, so that a lost network leaves the page as it is. What the server answers is shown
  // as always: after a success the page it leads to, else the form is sent as forms are.
  const waiting = new Map();

  async function send(form, submitter) {
    const body = new FormData(form, submitter);
    const slowly = setTimeout(() => form.querySelector("[data-sending]")?.removeAttribute("hidden"), SLOW_MS);
    let answer;
    try {
      // Not `form.action`: a button of that name would stand before it.
      answer = await fetch(form.getAttribute("action"), { method: "POST", body: bodyOf(form, body) });
    } catch {
      waiting.set(form, submitter);
      form.querySelector("[data-waiting]")?.removeAttribute("hidden");
      return;
    } finally {
      clearTimeout(slowly);
      form.querySelector("[data-sending]")?.setAttribute("hidden", "");
    }
    if (isSignIn(answer)) {
      waiting.set(form, submitter);
      form.querySelector("[data-waiting]")?.setAttribute("hidden", "");
      form.querySelector("[data-signed-out]")?.removeAttribute("hidden");
      return;
    }
    waiting.delete(form);
    if (answer.ok && answer.redirected) {
      localStorage.removeItem(placeOf(form));
      // What was read is not told where on its page to look: the form says it (`data-lands`). The same page is
      // not loaded again by itself, and then stays where it was scrolled to.
      const target = new URL(answer.url);
      target.hash = form.dataset.lands || "";
      if (target.pathname + target.search !== location.pathname + location.search) {
        location.assign(target);
        return;
      }
      if (form.dataset.lands) {
        history.scrollRestoration = "manual";
        sessionStorage.setItem(LANDS, form.dataset.lands);
      }
      location.reload();
      return;
    }
    if (answer.ok) localStorage.removeItem(placeOf(form));
    form.dataset.plain = "true";
    form.requestSubmit(submitter);
  }

  // The session ended while somebody typed: the page stays as it is, photos included. Who signs in again, in
  // another tab, has another proof that the forms are ours; it is fetched before the form is sent again.
  const isSignIn = (answer) => answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in");

  const accountOf = (page) => page.querySelector('meta[name="account"]')?.content;

  async function isSignedInAgain() {
    let page;
    try {
      page = await fetch(location.href);
    } catch {
      return false;
    }
    if (isSignIn(page) || !page.ok) return false;
    const found = new DOMParser().parseFromString(await page.text(), "text/html");
    const token = found.querySelector('meta[name="csrf-token"]')?.content;
    // What one person wrote or signed is never sent in the name of who signs in next on the same device.
    if (!token || accountOf(found) !== accountOf(document)) return false;
    document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
    return true;
  }

  function bodyOf(form, body) {
    return form.enctype === "multipart/form-data" ? body : new URLSearchParams(body);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-keeps], [data-sends]") || form.dataset.plain) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "true";
    drawn(form);
    send(form, event.submitter).finally(() => delete form.dataset.busy);
  });

  let isSendingAgain = false;

  async function sendAgain() {
    if (!waiting.size || isSendingAgain) return;
    isSendingAgain = true;
    try {
      if (await isSignedInAgain()) {
        // One after the other: each may lead to another page.
        for (const [form, submitter] of [...waiting]) await send(form, submitter);
      }
    } finally {
      isSendingAgain = false;
    }
  }
  window.addEventListener("online", sendAgain);
  document.addEventListener("visibilitychange", () => document.hidden || sendAgain());
  setInterval(sendAgain, RETRY_MS);
  window.addEventListener("beforeunload", (event) => {
    if (waiting.size) event.preventDefault();
  });

  // Without a network another page would be the browser's own error: one stays, and is told so.
  const offline = document.querySelector("[data-offline]");
  const tellOffline = () => offline && (offline.hidden = navigator.onLine);
  window.addEventListener("online", tellOffline);
  window.addEventListener("offline", tellOffline);
  tellOffline();
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || navigator.onLine || event.defaultPrevented) return;
    const isHere = link.hash && link.pathname === location.pathname;
    if (isHere) return;
    event.preventDefault();
    tellOffline();
    offline?.scrollIntoView({ block: "nearest" });
  });

  const lands = sessionStorage.getItem(LANDS);
  sessionStorage.removeItem(LANDS);
  const land = () => {
    document.getElementById(lands)?.scrollIntoView({ behavior: "instant" });
    setTimeout(() => (history.scrollRestoration = "auto"), 1000);
  };
  if (lands) window.addEventListener("pageshow", () => setTimeout(land));

  // What was refused is shown at the address of its form, where nothing can be read: who reloads (or a phone
  // that does) finds the page all the same.
  const here = document.querySelector("[data-here]")?.dataset.here;
  if (here && location.pathname !== here) history.replaceState(null, "", here);

  // Only the defects that the chosen element usually has come first; all others stay below.
  const element = document.getElementById("f-element");
  const symptom = document.getElementById("f-symptom");
  if (element && symptom) {
    const all = [...symptom.options];
    const usualFirst = () => {
      const usual = (element.selectedOptions[0]?.dataset.symptoms || "").split(" ").filter(Boolean);
      const rank = (option) => {
        const at = usual.indexOf(option.value);
        return option.value === "" ? -1 : at < 0 ? all.length + all.indexOf(option) : at;
      };
      const chosen = symptom.value;
      symptom.replaceChildren(...[...all].sort((one, other) => rank(one) - rank(other)));
      symptom.value = chosen;
    };
    element.addEventListener("change", usualFirst);
    usualFirst();
  }

  // Signatures.
  for (const form of document.querySelectorAll("form[data-signs]")) {
    const pad = form.querySelector("[data-pad]");
    const canvas = pad.querySelector("canvas");
    const pen = canvas.getContext("2d");
    if (!pen) continue;
    pad.hidden = false;
    Object.assign(pen, { lineWidth: 3, lineCap: "round", lineJoin: "round", strokeStyle: "#10201c" });
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [
        ((event.clientX - box.left) * canvas.width) / box.width,
        ((event.clientY - box.top) * canvas.height) / box.height,
      ];
    };
    let isDown = false;
    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      isDown = true;
      pen.beginPath();
      pen.moveTo(...at(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!isDown) return;
      pen.lineTo(...at(event));
      pen.stroke();
      canvas.dataset.drawn = "true";
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (isDown = false));
    pad.querySelector("[data-clears]").addEventListener("click", () => {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      delete canvas.dataset.drawn;
    });
  }

  // A form's field takes so much; a pad that is scribbled all over is made smaller until it fits.
  const MOST_DRAWN = 55000;

  function addressOf(canvas) {
    const address = canvas.toDataURL("image/png");
    if (address.length <= MOST_DRAWN || canvas.width < 100) return address;
    const smaller = document.createElement("canvas");
    smaller.width = Math.round(canvas.width * 0.75);
    smaller.height = Math.round(canvas.height * 0.75);
    smaller.getContext("2d").drawImage(canvas, 0, 0, smaller.width, smaller.height);
    return addressOf(smaller);
  }

  function drawn(form) {
    const canvas = form.querySelector("[data-pad] canvas");
    if (canvas) form.elements.namedItem("drawing").value = canvas.dataset.drawn ? addressOf(canvas) : "";
  }
})();
