// The dialogs of a case. dialogs.js opens and closes them. The server checks everything again. This adds comfort.

const dialogOf = (id) => document.getElementById(id);

/** Opens the dialog that asks when the completed case is released. */
function markCaseCompleted() {
  dialogOf("dialog-complete").showModal();
  showChoice();
  refreshPreflight();
}

const shownPreflight = () => document.getElementById("completion-preflight");
let preflights = 0;

/** Shows what pre-flight finds now: answers are saved and reports attached without reloading the page. */
async function refreshPreflight() {
  const asked = ++preflights;
  try {
    const response = await fetch(shownPreflight().dataset.from);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = page.getElementById("completion-preflight");
    // The later request knows more, whichever response comes first.
    if (!found || asked !== preflights) return;
    shownPreflight().replaceWith(found);
    document.getElementById("release-now-note").replaceWith(page.getElementById("release-now-note"));
    for (const sentence of page.querySelectorAll("#dialog-complete [data-consequence]")) {
      document.querySelector(`#dialog-complete [data-consequence="${sentence.dataset.consequence}"]`).replaceWith(sentence);
    }
    showConsequence();
  } catch {
    // Without a response, it stays as it was. The server checks what it must.
  }
}

/** Makes the browser check the date and time, if the dialog sends them. */
function isCompletionValid() {
  const dialog = dialogOf("dialog-complete");
  const fields = [...dialog.querySelectorAll("#schedule-fields input")];
  return !dialog.querySelector("#release_schedule").checked || fields.every((field) => field.reportValidity());
}

/** Sends the dialog's form. */
function confirmCaseCompletion() {
  const button = dialogOf("dialog-complete").querySelector("[type=submit]");
  if (isCompletionValid()) sendWith(button.form, button);
}

const language = document.documentElement.lang;
const inWords = (moment, format) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...format }).format(moment);

/** The date of the field in words, with the year if that is not the present one. Empty without one that can be chosen. */
function dayInWords(field) {
  if (!field.value || !field.validity.valid) return "";
  const day = new Date(`${field.value}T00:00Z`);
  const year = day.getUTCFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return inWords(day, { weekday: "short", month: "short", day: "numeric", ...year });
}

const timeInWords = (time) => inWords(new Date(`1970-01-01T${time}Z`), { hour: "numeric", minute: "2-digit" });

/** Says what the dialog will do: on its button, and above it what follows for the member. */
function showChoice() {
  const dialog = dialogOf("dialog-complete");
  const chosen = dialog.querySelector("[name=release_option]:checked");
  const fields = dialog.querySelector("#schedule-fields");
  fields.hidden = chosen.value !== "schedule";
  for (const field of fields.querySelectorAll("input")) field.disabled = fields.hidden; // and is not sent
  const date = fields.querySelector("[name=release_date]");
  if (!fields.hidden && !date.value && date.dataset.default) {
    date.value = date.dataset.default;
    delete date.dataset.default; // only a suggestion: it does not return when the field is cleared
  }
  const day = fields.hidden ? "" : dayInWords(date);
  const words = fields.hidden || day ? chosen.dataset.button : chosen.dataset.buttonWithoutDate;
  dialog.querySelector("[type=submit]").textContent = words.replace("[date]", day);
  showConsequence();
  markPresets();
}

/** Says what follows for the member from what is chosen. */
function showConsequence() {
  const dialog = dialogOf("dialog-complete");
  const chosen = dialog.querySelector("[name=release_option]:checked").value;
  const day = chosen === "schedule" ? dayInWords(dialog.querySelector("[name=release_date]")) : "";
  for (const sentence of dialog.querySelectorAll("[data-consequence]")) {
    sentence.hidden = sentence.dataset.consequence !== chosen || (chosen === "schedule" ? !day : !sentence.textContent);
    if (!sentence.dataset.words || !day) continue;
    const time = dialog.querySelector("[name=release_time]").value || sentence.dataset.timeOfDay;
    sentence.textContent = sentence.dataset.words.replace("[date]", day).replace("[time]", timeInWords(time));
  }
}

/** Shows the suggested dates, and which of them is chosen. */
function markPresets() {
  for (const presets of document.querySelectorAll("[data-fills]")) {
    presets.hidden = false;
    const date = document.getElementById(presets.dataset.fills).value;
    for (const preset of presets.children) preset.setAttribute("aria-pressed", String(preset.dataset.date === date));
  }
}

/** Fills in the suggested date, as if it had been typed. */
function usePreset(preset) {
  const date = document.getElementById(preset.parentElement.dataset.fills);
  date.value = preset.dataset.date;
  date.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Opens the form that a button at the head of the page leads to. */
function reveal(link) {
  const form = document.getElementById(link.dataset.reveals);
  form.open = true;
  form.querySelector("input[type=date]").focus();
}

/** Leaves the dialog for the place where a failed check can be fixed. */
function goMend(link) {
  link.closest("dialog").close();
  document.querySelector(link.hash)?.focus();
}

window.markCaseCompleted = markCaseCompleted;
window.confirmCaseCompletion = confirmCaseCompletion;

// One listener for all: the parts of the page are replaced while it is open.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link?.matches("[data-mends]")) goMend(link);
  if (link?.matches("[data-reveals]")) {
    event.preventDefault();
    reveal(link);
  }
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-complete-case]")) markCaseCompleted();
  if (button.matches(".preset")) usePreset(button);
  if (button.matches("#dialog-complete [type=submit]") && !isCompletionValid()) event.preventDefault();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("#dialog-complete [name=release_option]")) showChoice();
});

/** An error of a field no longer applies once the field is changed. A date and its time belong together. */
function forgetErrors(changed) {
  const isOfSchedule = changed.name.startsWith("release_");
  for (const field of changed.form.querySelectorAll("[aria-invalid]")) {
    if (field !== changed && !(isOfSchedule && field.name.startsWith("release_"))) continue;
    field.removeAttribute("aria-invalid");
    field.classList.remove("is-invalid");
    for (const id of (field.getAttribute("aria-describedby") ?? "").split(" ")) {
      const words = id.endsWith("_error") && document.getElementById(id);
      if (words) words.hidden = true;
    }
  }
}
document.addEventListener("input", (event) => {
  if (event.target.form) forgetErrors(event.target);
  if (event.target.closest("#dialog-complete")) showChoice();
  else if (event.target.matches("[type=date]")) markPresets();
});

const noAnswer = document.getElementById("case-trouble").textContent;

/** Whether it was sent without a button: an answer while it is typed, or one sent again (answer.js). */
const isByItself = (event) => ["input", "again"].includes(event?.type);

/** Says why nothing was saved, or loaded, in the words of the response. Typed text stays, and so does the focus while someone types. */
function showTrouble(answer, request) {
  const isTyping = isByItself(request?.triggeringEvent);
  const words = document.getElementById(isTyping ? "answer-said" : "case-trouble");
  const why = new DOMParser().parseFromString(answer, "text/html").querySelector("[data-trouble]");
  words.replaceChildren(why ?? (request?.verb === "get" ? words.dataset.notLoaded : noAnswer));
  words.hidden = false;
  if (!isTyping) words.focus();
}

// A response without the requested part (after signing out, or from a failing server) replaces nothing.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  const isPart = xhr.responseText.includes(`id="${target.id}"`) && !xhr.responseText.includes("<html");
  event.detail.shouldSwap = isPart;
  if (isPart) document.getElementById("case-trouble").hidden = true;
  else showTrouble(xhr.responseText, event.detail.requestConfig);
});
for (const trouble of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(trouble, (event) => showTrouble("", event.detail.requestConfig));
}

// HTMX returns the focus to where it was. If there is an error, or something new to read, it belongs there.
document.addEventListener("htmx:afterSettle", (event) => {
  markPresets();
  const part = event.target;
  (part.matches("[autofocus]") ? part : part.querySelector("[autofocus]"))?.focus();
});

markPresets();
if (document.querySelector("#dialog-complete[open]")) showChoice();
