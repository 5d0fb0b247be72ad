// A draft saves itself while it is written. The text that is being typed is never replaced, and a draft that could not be
// saved says so and is tried again. forms.js asks before somebody leaves what is not saved.

const draftForm = document.getElementById("draft-form");
const draftSaid = document.getElementById("draft-said");
const WRITTEN = ["title", "description", "urgency", "case_type"];
const PAUSE = 1500;
const RETRY = 10000;
const fieldsOf = () => WRITTEN.map((name) => draftForm.elements[name]).filter(Boolean);
const written = () => JSON.stringify(fieldsOf().map((field) => field.value));
const isBlank = () => ["title", "description"].every((name) => !draftForm.elements[name].value.trim());
const isThere = () => draftForm.hasAttribute("action");

let saved = draftForm.querySelector("[data-unsaved]") ? "" : written();
let running = null;
let timer = 0;
let hasConflict = false;
// A button has sent the form: what is written is on its way, under the version that the page has.
let isLeaving = false;

/** Saves what is written, after what is being saved already. Resolves to whether all of it is saved. */
async function saveDraft({ evenBlank = false, keepalive = false } = {}) {
  clearTimeout(timer);
  while (running) await running;
  if (hasConflict || isLeaving) return false;
  if (written() === saved && (isThere() || !evenBlank)) return true;
  if (!isThere() && isBlank() && !evenBlank) return true;
  running = sendDraft(keepalive);
  const isSaved = await running;
  running = null;
  return isSaved;
}

async function sendDraft(keepalive) {
  freshenTokens();
  const now = written();
  const values = fieldsOf().map((field) => field.value);
  const body = new FormData(draftForm);
  body.delete("file");
  try {
    const response = await fetch(draftForm.action, { method: "POST", body, keepalive, headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const told = page.querySelector("[data-draft], [data-trouble]");
    if (!response.ok || !told?.matches("[data-draft]")) return refuse(response.status, told);
    accept(told, values);
    saved = now;
    return true;
  } catch {
    draftSaid.textContent = draftSaid.dataset.failed;
    timer = setTimeout(saveDraft, RETRY);
    return false;
  }
}

/** Says why, in the words of the server. The button then shows both versions of a draft that has another. */
function refuse(status, told) {
  draftSaid.replaceChildren(told ?? draftSaid.dataset.failed);
  hasConflict = status === 409;
  if (!told || status >= 500) timer = setTimeout(saveDraft, RETRY);
  return false;
}

/** The page is that of the saved draft from now on; what was sent is no longer unsaved. */
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
  isLeaving = false;
  if (written() === saved) return;
  if (!hasConflict) draftSaid.textContent = draftSaid.dataset.notSaved;
  clearTimeout(timer);
  timer = setTimeout(saveDraft, PAUSE);
}
draftForm.addEventListener("input", wait);
draftForm.addEventListener("change", wait);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") saveDraft({ keepalive: true });
});
window.addEventListener("online", () => saveDraft());
window.addEventListener("pageshow", () => { isLeaving = false; });

// A button waits for what is on its way: it is for the draft that this makes.
draftForm.addEventListener("submit", (event) => {
  clearTimeout(timer);
  if (!running) {
    isLeaving = true;
    return;
  }
  event.preventDefault();
  const button = event.submitter;
  running.finally(() => setTimeout(() => draftForm.requestSubmit(button)));
});
