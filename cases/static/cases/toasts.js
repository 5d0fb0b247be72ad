// Toasts: what became of an action. They can be dismissed; good news goes by itself after a while, trouble, links and forms never do.
// They come with the page, with a part of it that HTMX or a script puts in, or in an HX-Trigger header as `toasts`.

const STAYS_FOR = 8000;
const LEAVES_BY_ITSELF = ".alert-success, .alert-info";
const known = new WeakSet();

/** Sets up the toasts that came in. A second call leaves them alone. */
function welcome() {
  for (const toast of document.querySelectorAll(".toasts > .alert")) {
    if (known.has(toast)) continue;
    known.add(toast);
    const words = toast.querySelector(".toast-words");
    announce(words, ...words.childNodes);
    if (toast.matches(LEAVES_BY_ITSELF) && !toast.querySelector("a, form")) leaveLater(toast);
  }
}

/** Not while the pointer or the focus is on it. */
function leaveLater(toast) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus, :focus-within")) leaveLater(toast);
    else toast.remove();
  }, STAYS_FOR);
}

function dismiss(toast) {
  const next = toast.nextElementSibling ?? toast.previousElementSibling;
  toast.remove();
  (next?.querySelector("button") ?? document.getElementById("content")).focus({ preventScroll: true });
}

/** The form that undoes what a toast reports. */
function undoForm({ url, fields }) {
  const form = document.getElementById("toast-undo-template").content.firstElementChild.cloneNode(true);
  form.action = url;
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.prepend(input);
  }
  return form;
}

/** Takes the earlier offers for the same thing away: they are for what it was before, and the server would refuse them. */
function withdrawOffers({ url }) {
  for (const form of document.querySelectorAll(".toasts .toast-undo")) {
    if (form.getAttribute("action") === url) form.closest(".alert").remove();
  }
}

/** Shows a toast of `level`: success, info, warning or danger. `undo` describes how to undo it. */
function show({ level, text, undo }) {
  const toast = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  toast.classList.add(`alert-${level}`);
  const words = toast.querySelector(".toast-words");
  words.textContent = text;
  if (undo) {
    withdrawOffers(undo);
    words.after(undoForm(undo));
  }
  document.getElementById("toasts").append(toast);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismisses]");
  if (button) dismiss(button.closest(".alert"));
});
document.addEventListener("keydown", (event) => {
  const toast = event.target.closest?.(".toasts > .alert");
  if (event.key === "Escape" && toast) dismiss(toast);
});
document.addEventListener("toasts", (event) => {
  for (const toast of event.detail.messages) show(toast);
});
new MutationObserver(welcome).observe(document.body, { childList: true, subtree: true });
welcome();
