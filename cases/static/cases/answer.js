// The answer while it is written: how much of it is saved. HTMX saves it by itself and never replaces the text.

const answerForm = () => document.getElementById("answer-form");
const answerText = () => document.getElementById("answer-text");
const isUnsavedAnswer = () => answerText() && answerText().value !== answerText().defaultValue;
const withPlainEnds = (text) => text.replaceAll("\r\n", "\n");

document.addEventListener("input", (event) => {
  // The server's message may say more than this: who changed the text, or why it can't be saved.
  const said = document.getElementById("answer-said");
  if (event.target === answerText() && !said.querySelector("[data-conflict]")) said.textContent = answerForm().dataset.notSaved;
});

// There are two versions, and the person chooses one with a button.
document.addEventListener("htmx:confirm", (event) => {
  const isOfAnswer = event.detail.elt === answerForm() && isByItself(event.detail.triggeringEvent);
  if (isOfAnswer && answerForm().querySelector("[data-conflict]")) event.preventDefault();
});

// Text that was sent without a response may be saved. It is sent again before anything newer, because only its
// response tells which version is saved now.
let lostAnswer = null;

document.addEventListener("htmx:configRequest", ({ detail: { elt, formData } }) => {
  if (elt !== answerForm()) return;
  // HTMX also sends the button that was used last, and with this one nothing is saved.
  formData.delete("preview");
  if (lostAnswer !== null && !formData.has("over")) formData.set("answer", lostAnswer);
});

/** If the person is signed out, or a proxy can't reach the portal, that is not a response. */
const isLost = ({ status }) => status === 0 || status === 403 || status > 500;

/** Whether the server says so: with the version of what it saved. HTMX calls a refusal successful too, since the page shows it. */
const isSavedBy = ({ status, responseText }) => status >= 200 && status < 300 && /id="answer-version"[^>]*hx-swap-oob/.test(responseText);

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr, requestConfig } = event.detail;
  if (elt !== answerForm()) return;
  const isAgain = lostAnswer !== null;
  lostAnswer = isLost(xhr) ? requestConfig.formData.get("answer") : null;
  if (isSavedBy(xhr)) showSaved(requestConfig.formData.get("answer"));
  if (isAgain && xhr.status === 200 && isUnsavedAnswer()) htmx.trigger(answerForm(), "again");
  failedSaves = isOutOfReach(xhr.status) ? failedSaves + 1 : 0;
  clearTimeout(nextTry);
  if (failedSaves) nextTry = setTimeout(sendAgain, pauseAfter(failedSaves));
  sayTriedAgain();
  if (completing && !isSavedBy(xhr)) giveUpCompletion();
  else if (completing) setTimeout(completeIfSaved); // HTMX then sends what is waiting, if anything
});

// Text that could not be saved is sent again: after growing pauses, and when the person or the connection comes back.
let failedSaves = 0;
let nextTry = 0;

function sendAgain() {
  clearTimeout(nextTry);
  if (answerForm() && (lostAnswer !== null || isUnsavedAnswer())) htmx.trigger(answerForm(), "again");
}

/** Replaces the reason why it could not be saved, only once, because it is spoken each time. */
function sayTriedAgain() {
  const said = document.getElementById("answer-said");
  const { failed } = answerForm().dataset;
  if (!failedSaves || said.textContent === failed) return;
  const words = document.createElement("span");
  words.setAttribute("role", "alert");
  words.textContent = failed;
  said.replaceChildren(words);
}
for (const trouble of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(trouble, ({ detail: { elt } }) => {
    if (elt === answerForm()) sayTriedAgain();
  });
}
window.addEventListener("online", sendAgain);
document.addEventListener("visibilitychange", sendAgain);

/** Marks as saved what was saved, although more may have been typed since. forms.js asks about the rest. */
function showSaved(text) {
  answerText().defaultValue = withPlainEnds(text);
  answerForm().querySelector("[data-unsaved]")?.removeAttribute("data-unsaved");
  if (isUnsavedAnswer()) document.getElementById("answer-said").textContent = answerForm().dataset.notSaved;
  // Its checks were made while the last words were being sent (case_detail.js).
  if (document.getElementById("dialog-complete")?.open) refreshPreflight();
}

// Completing the case sends the last words first.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-complete-case]") && isUnsavedAnswer()) htmx.trigger(answerForm(), "submit");
});

// The case is completed once they are saved, and from then on the answer is locked.
let completing = null;
let chosen = ""; // in its dialog

document.addEventListener("submit", (event) => {
  if (!event.target.closest("#dialog-complete") || !isUnsavedAnswer()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  completing = event.submitter ?? event.target.querySelector("[type=submit]");
  completing.disabled = true;
  chosen = enteredIn(event.target);
  if (answerForm().querySelector("[data-conflict]")) giveUpCompletion();
  else sendAgain();
}, { capture: true });

function completeIfSaved() {
  if (!completing || isUnsavedAnswer() || answerForm().matches(".htmx-request")) return;
  const button = freeButton();
  if (enteredIn(button.form) === chosen) sendWith(button.form, button);
  else leaveUnsent(button.form, document.body.dataset.changed);
}

whenLeft((part) => {
  if (completing && part.contains(completing)) freeButton();
});

/** Closes the dialog, because the error is shown next to the text. */
function giveUpCompletion() {
  freeButton().closest("dialog").close();
  answerText().focus();
}

function freeButton() {
  const button = completing;
  completing = null;
  button.disabled = false;
  return button;
}
