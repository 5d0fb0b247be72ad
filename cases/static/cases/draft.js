// A draft saves itself while it is written. The text that is being typed is never replaced, and a draft that could not be
// saved says so and is sent again by itself. forms.js asks before someone leaves a page with unsaved text.

const draftForm = document.getElementById("draft-form");
const draftSaid = document.getElementById("draft-said");
const WRITTEN = ["title", "description", "urgency", "case_type"];
const PAUSE = 1500;
const fieldsOf = () => WRITTEN.map((name) => draftForm.elements[name]).filter(Boolean);
const written = () => JSON.stringify(fieldsOf().map((field) => field.value));
const isBlank = () => ["title", "description"].every((name) => !draftForm.elements[name].value.trim());
const isThere = () => draftForm.hasAttribute("action");

let saved = draftForm.querySelector("[data-unsaved]") ? "" : written();
let running = null;
// What was sent without a response: it may be saved, or not.
let unanswered = null;
let timer = 0;
// How many times in a row the portal could not be reached.
let failures = 0;
let hasConflict = false;
// A button has sent the form: the text is being sent with the version that the page has.
let isLeaving = false;
let hasWaited = false;

/** Saves the text, after what is already being saved. Resolves to whether all of it is saved. */
async function saveDraft({ evenBlank = false, keepalive = false } = {}) {
  clearTimeout(timer);
  while (running) await running;
  if (hasConflict || isLeaving) return false;
  if (isNothingToSave(evenBlank)) return true;
  const isAgain = Boolean(unanswered);
  running = sendDraft(keepalive);
  const isSaved = await running;
  running = null;
  return isSaved && isAgain ? saveDraft({ keepalive }) : isSaved;
}

function isNothingToSave(evenBlank) {
  if (unanswered) return false;
  if (isThere()) return written() === saved;
  return !evenBlank && (written() === saved || isBlank());
}

/** Sends again what had no response, before anything newer: only its response tells which version is saved now. */
async function sendDraft(keepalive) {
  freshenTokens();
  unanswered ??= toSend();
  const { address, body, values } = unanswered;
  body.set("csrfmiddlewaretoken", draftForm.elements.csrfmiddlewaretoken.value);
  try {
    const response = await fetch(address, { method: "POST", body, keepalive, signal: patience(), headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const told = page.querySelector("[data-draft], [data-trouble]");
    if (isAnswer(response.status)) unanswered = null;
    if (!response.ok || !told?.matches("[data-draft]")) return refuse(response.status, told);
    accept(told, values);
    failures = 0;
    saved = JSON.stringify(values);
    return true;
  } catch {
    draftSaid.textContent = draftSaid.dataset.failed;
    tryLater();
    return false;
  }
}

function toSend() {
  const body = new FormData(draftForm);
  body.delete("file");
  return { address: draftForm.action, body, values: fieldsOf().map((field) => field.value) };
}

/** Not from a proxy that could not reach the portal, nor for a signed-out person: neither tells what is saved. */
const isAnswer = (status) => status <= 500 && status !== 403;

/** Says why, in the words of the server. If the draft has another version, the button then shows both. */
function refuse(status, told) {
  draftSaid.replaceChildren(told ?? draftSaid.dataset.failed);
  hasConflict = status === 409;
  if (!told || isOutOfReach(status)) tryLater();
  return false;
}

function tryLater() {
  failures += 1;
  timer = setTimeout(saveDraft, pauseAfter(failures));
}

/** Makes this the page of the saved draft, and marks what was sent as saved. */
function accept(told, values) {
  const { edit, version, attach } = told.dataset;
  if (!isThere()) {
    draftForm.setAttribute("action", edit);
    document.getElementById("attach-form").setAttribute("action", attach);
    document.querySelector("#dialog-delete form").setAttribute("action", told.dataset.delete);
    document.getElementById("delete-draft").hidden = false;
    history.replaceState(history.state, "", edit);
  }
  draftForm.elements.version.value = version;
  fieldsOf().forEach((field, at) => { if ("defaultValue" in field) field.defaultValue = values[at]; });
  draftForm.querySelector("[data-unsaved]")?.removeAttribute("data-unsaved");
  draftSaid.textContent = written() === JSON.stringify(values) ? told.textContent : draftSaid.dataset.notSaved;
}

/** Resolves to whether there is a draft to attach documents to. */
async function draftIsThere() {
  return isThere() || ((await saveDraft({ evenBlank: true })) && isThere());
}

function wait() {
  isLeaving = hasWaited = false;
  if (written() === saved && !unanswered) return;
  // Nothing must move under a pointer that is about to press a button, because leaving a field is a change too.
  if (!hasConflict && (!unanswered || isBehind())) draftSaid.textContent = draftSaid.dataset.notSaved;
  clearTimeout(timer);
  timer = setTimeout(saveDraft, PAUSE);
}
draftForm.addEventListener("input", wait);
draftForm.addEventListener("change", wait);
draftForm.addEventListener("unsent", wait); // a button has stopped the timer, but its form was not sent (forms.js)
// Also when the person comes back: they may have signed in again in another tab.
document.addEventListener("visibilitychange", () => saveDraft({ keepalive: document.hidden }));
window.addEventListener("online", () => saveDraft());
window.addEventListener("pageshow", () => { isLeaving = hasWaited = false; });

// A button waits for what is on its way: it is for the draft that this makes. It waits once, so that it works without answers.
draftForm.addEventListener("submit", (event) => {
  clearTimeout(timer);
  if (hasWaited || !(running || isBehind())) {
    isLeaving = goesNow(draftForm); // otherwise it goes nowhere yet (forms.js)
    return;
  }
  event.preventDefault();
  sendAfterwards(event.submitter);
});

/** Whether what had no response may be saved as a newer version, with a text other than the present one. */
const isBehind = () => unanswered && JSON.stringify(unanswered.values) !== written();

let departures = 0;
whenLeft((part) => { if (part.contains(draftForm)) departures += 1; });

/** Presses the button again once the draft is saved, unless the person has left or changed something in the meantime. */
async function sendAfterwards(button) {
  const before = departures;
  const entered = enteredIn(draftForm);
  holdForm(draftForm);
  while (running) await running;
  if (isBehind()) await saveDraft();
  const isTypingOn = typesNow();
  releaseForm(draftForm);
  if (departures !== before) return wait();
  if (enteredIn(draftForm) !== entered) return leaveUnsent(draftForm, document.body.dataset.changed, isTypingOn);
  hasWaited = true;
  setTimeout(sendWith, 0, draftForm, button);
}
