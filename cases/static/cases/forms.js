// Forms that send something: once at a time, with the token of the present session, and not lost by leaving the page.

const WAITS_FOR = 10000;
const FIRST_PAUSE = 5000;
const LONGEST_PAUSE = 60_000;
// How long a script waits for a response: as long as HTMX.
const PATIENCE = 8000;
const THIS_SCRIPT = document.currentScript.src;

/** The signal for a request that ends the wait. Older browsers have none, and wait as long as they like. */
const patience = () => AbortSignal.timeout?.(PATIENCE);

/** Sends the form as its button does. In older browsers this presses it. */
function sendWith(form, button) {
  if (form.requestSubmit) form.requestSubmit(button);
  else button.click();
}

/** How long to wait before sending unsaved text again, after that many failures in a row. */
const pauseAfter = (failures) => Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);

/** Whether waiting is enough. A person who is signed out, for example, has to do something first. */
const isOutOfReach = (status) => status === 0 || status === 429 || status >= 500;

/** Another tab may have signed in since the page was loaded: the cookie has the present token. */
function freshenTokens() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (!cookie) return;
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = cookie[1];
}

const buttonsOf = (form) => [...form.elements].filter((element) => element.type === "submit");

/** Prevents typing into a page that is about to be replaced, because the text would be lost. */
function holdForm(form) {
  for (const button of buttonsOf(form)) button.disabled = true;
  for (const field of form.querySelectorAll("textarea:read-write, input:read-write")) {
    field.readOnly = true;
    field.dataset.held = "";
  }
}

/** Allows the form to be sent again: there was no response, or the person came back to the page. */
function releaseForm(form) {
  delete form.dataset.sending;
  for (const button of buttonsOf(form)) button.disabled = false;
  for (const field of form.querySelectorAll("[data-held]")) {
    field.readOnly = false;
    delete field.dataset.held;
  }
}

document.addEventListener("submit", freshenTokens, { capture: true });
// Before HTMX reads a form that it sends by itself.
document.addEventListener("htmx:confirm", freshenTokens);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("method") !== "post") return;
  if ("sending" in form.dataset || "asking" in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "";
  // After the browser has read the form: a button that is disabled does not send its value.
  setTimeout(() => {
    if (event.defaultPrevented) {
      delete form.dataset.sending; // a script sends it
      return;
    }
    holdForm(form);
    setTimeout(releaseForm, WAITS_FOR, form);
  });
});

/** Resolves to whether the portal answers, and not a proxy in its place. A browser without a network says it is offline, even on the portal's machine. */
async function isReachable() {
  try {
    const answer = await fetch(THIS_SCRIPT, { method: "HEAD", cache: "no-store", signal: patience() });
    return answer.status < 500;
  } catch {
    return false;
  }
}

function withdrawUnsent(form) {
  form.querySelector(":scope > [data-unsent-words]")?.remove();
}

/** Whether someone is typing into a field that is not held. */
const typesNow = () => document.activeElement.matches("textarea:read-write, input:read-write");

/** Says why nothing was sent, in words that can take the focus. */
function sayUnsent(form, why) {
  const words = document.createElement("div");
  words.className = "alert alert-danger";
  words.setAttribute("role", "alert");
  words.dataset.unsentWords = "";
  words.tabIndex = -1;
  words.textContent = why;
  form.prepend(words);
  return words;
}

const canAsk = () => Boolean(AbortSignal.timeout && HTMLFormElement.prototype.requestSubmit);

/** Whether the form is sent without asking first whether the portal answers: it does, nothing would be lost, or the browser is too old to ask. */
const goesNow = (form) => "reachable" in form.dataset || (navigator.onLine && !hasContent(form)) || !canAsk();

/** What the person entered. Scripts may renew what is hidden in the meantime: a token, or the version that was saved. A script that comes late takes the field for a file out of the form (documents.js). */
function enteredIn(form) {
  const data = new FormData(form);
  for (const { name, type, value } of form.elements) if (type === "hidden" || (type === "file" && !value)) data.delete(name);
  return JSON.stringify([...data].map(([name, value]) => [name, value.name ?? value]));
}

let questions = 0;

async function sendIfReachable(form, button) {
  const question = String(++questions);
  form.dataset.asking = question;
  holdForm(form);
  const entered = enteredIn(form);
  const isThere = await isReachable();
  // The person changed their mind, and may even have pressed the button again.
  if (form.dataset.asking !== question || !form.isConnected || form.closest("dialog:not([open])")) return;
  const isTypingOn = typesNow();
  stopAsking(form);
  const { unreachable, offline, changed } = document.body.dataset;
  if (!isThere) return leaveUnsent(form, navigator.onLine ? unreachable : offline, isTypingOn);
  if (enteredIn(form) !== entered) return leaveUnsent(form, changed, isTypingOn);
  form.dataset.reachable = "";
  sendWith(form, button);
}

function stopAsking(form) {
  delete form.dataset.asking;
  releaseForm(form);
}

/** Says why nothing was sent, where the focus goes unless someone types on: it was on the button, which was disabled and may be far from here. Tells the script of the form too: a draft goes on saving itself. */
function leaveUnsent(form, why, isTypingOn = typesNow()) {
  const words = sayUnsent(form, why);
  if (!isTypingOn) {
    words.focus();
    words.scrollIntoView({ block: "center", behavior: "instant" }); // the smooth scroll to a button that got the focus would go on
  }
  form.dispatchEvent(new Event("unsent"));
}

/** Calls `giveUp` with the dialog that is closed, or with the document that is left. The person has changed their mind about what still waits there. A page stays while the next one loads, so that `pagehide` alone is too late. */
function whenLeft(giveUp) {
  document.addEventListener("close", (event) => giveUp(event.target), { capture: true });
  for (const leaving of ["beforeunload", "pagehide"]) window.addEventListener(leaving, () => giveUp(document));
}

whenLeft((part) => {
  for (const form of part.querySelectorAll("form[data-asking]")) stopAsking(form);
});

// The browser's error page would replace the form, and going back would not restore what was typed.
// A script that sends a form reports this itself: its listeners come before that of the window.
window.addEventListener("submit", (event) => {
  const form = event.target;
  withdrawUnsent(form);
  const isSentNow = goesNow(form);
  delete form.dataset.reachable;
  if (isSentNow || event.defaultPrevented || form.getAttribute("method") !== "post") return;
  event.preventDefault();
  sendIfReachable(form, event.submitter);
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-sending]")) releaseForm(form);
});

const TYPED_IN = ["text", "email", "date", "time", "number"].map((type) => `input[type=${type}]`).join();

/** Whether something was typed into the form. */
function hasText(form) {
  const wasRefused = form.querySelector("input[data-unsaved]");
  const fields = [...form.querySelectorAll(`textarea, ${TYPED_IN}`)];
  return fields.some((field) => field.value !== field.defaultValue || (wasRefused && field.value));
}

/** Whether something was typed into the form, or a file was chosen. */
const hasContent = (form) => hasText(form) || [...form.querySelectorAll("input[type=file]")].some((field) => field.value);

/** Whether the form has text that was not sent. Text in a closed dialog was given up with it. */
const isUnsaved = (form) => !("sending" in form.dataset) && !form.closest("dialog:not([open])") && hasText(form);
/** Whether a form of the page has such text, which the page would lose if it were replaced. */
const hasUnsaved = () => [...document.querySelectorAll("input[name=form_token]")].some(({ form }) => isUnsaved(form));
window.addEventListener("beforeunload", (event) => {
  if (hasUnsaved()) event.preventDefault();
});
