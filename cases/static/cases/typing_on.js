// Keeps what someone types while a form is being sent: HTMX replaces the part with the form, or another part in the
// same response, with one that knows nothing of it.

const TYPED = "textarea, input[type=text], input[type=date], input[type=time]";
// The fields in which something was typed since they were sent or shown, the field in use, and the open dialog.
let typedOn = [];
let inUse = null;
let openDialog = null;

const hasCaret = (field) => field.matches("textarea, [type=text]");
const plain = (text) => text.replaceAll("\r\n", "\n");

/** The value that the request had for the field, or what the page showed in the field if it was not sent. */
function sentOf(field, { elt, formData }) {
  const isSent = field.form === (elt.form ?? elt) || (elt.hasAttribute("hx-include") && field.matches(elt.getAttribute("hx-include")));
  return isSent && formData.has(field.name) ? plain(formData.get(field.name)) : field.defaultValue;
}

/** The new value of a field that the response shows as `shown`, if it contained `now` and `sent` was sent. */
function withTyped(field, { sent, now }, shown) {
  if (!hasCaret(field) || now === shown) return now;
  if (now.startsWith(sent)) return shown + (shown ? now.slice(sent.length) : now.slice(sent.length).trimStart());
  return shown.startsWith(sent) ? now + shown.slice(sent.length) : now;
}

// Where the focus was when each request was sent, and what was in that field.
const before = new WeakMap();
document.addEventListener("htmx:beforeRequest", ({ detail: { xhr } }) => {
  before.set(xhr, { field: document.activeElement, text: document.activeElement?.value });
});

/** Whether someone has come to the field since, or typed on in it. Safari leaves the focus where it was when a button is clicked. */
function isTyping(field, xhr) {
  return field?.matches(TYPED) && (field !== before.get(xhr)?.field || field.value !== before.get(xhr).text);
}

// After case_detail.js has decided whether anything is replaced.
document.addEventListener("htmx:beforeSwap", ({ detail: { shouldSwap, requestConfig, xhr } }) => {
  if (!shouldSwap) return;
  const fields = [...document.querySelectorAll(TYPED)].filter((field) => field.id && field.form);
  typedOn = fields.map((field) => ({ field, sent: sentOf(field, requestConfig), now: field.value })).filter(({ sent, now }) => sent !== now);
  inUse = isTyping(document.activeElement, xhr) ? document.activeElement : null;
  // A refusal tells of another state of the case: a dialog that was opened before it is opened again by the person, who has read it.
  openDialog = xhr.status < 400 ? document.querySelector("dialog[open]") : null;
});

/** The field that replaces the old one, or where the response shows that its text was not saved. */
const successor = ({ id }) => document.getElementById(id) ?? document.querySelector(`[data-instead-of="${id}"]`);

document.addEventListener("htmx:afterSwap", () => {
  const replaced = typedOn.filter(({ field }) => !field.isConnected);
  typedOn = [];
  for (const typed of replaced) putBack(typed);
  if (openDialog && !openDialog.isConnected) document.getElementById(openDialog.id)?.showModal();
  openDialog = null;
  if (replaced.some(({ field }) => field === inUse)) goOn(inUse);
  else if (inUse?.isConnected) leaveFocus();
  inUse = null;
  isSettling = true;
});

function putBack(typed) {
  const field = successor(typed.field);
  if (!field) return;
  field.value = withTyped(field, typed, field.value);
  const folded = field.closest("details");
  if (folded) folded.open = true;
}

/** Puts the caret where it was in the old field. */
function goOn(gone) {
  const field = successor(gone);
  if (!field) return;
  leaveFocus();
  field.focus({ preventScroll: true });
  const caret = field.value.length - (gone.value.length - gone.selectionEnd);
  if (hasCaret(field)) field.setSelectionRange(caret, caret);
}

/** Keeps the focus away from new messages, because what is typed next must not end up there. */
function leaveFocus(parts = "[autofocus]") {
  for (const part of document.querySelectorAll(parts)) part.removeAttribute("autofocus");
}

// HTMX gives it the focus a moment after it is inserted, when someone may have started typing. Before that, HTMX
// returned the focus to where it was.
let isSettling = false;
document.addEventListener("htmx:afterSettle", () => {
  isSettling = false;
});
document.addEventListener("focusin", ({ target }) => {
  if (isSettling && target.matches(TYPED)) leaveFocus("[autofocus]:not(dialog *)");
});
