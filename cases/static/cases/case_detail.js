// The dialogs of a case; dialogs.js opens and closes them. The server checks everything again; here is only what makes them pleasant.

const dialogOf = (id) => document.getElementById(id);

/** Opens the dialog that asks when the completed case is released. */
function markCaseCompleted() {
  dialogOf("dialog-complete").showModal();
}

/** Sends the dialog's form, once; the browser's own checks of the date speak first. */
function confirmCaseCompletion() {
  const form = dialogOf("dialog-complete").querySelector("form");
  const scheduled = form.querySelector("#release_schedule").checked;
  const fields = form.querySelectorAll("#schedule-fields input");
  for (const field of fields) {
    field.disabled = !scheduled;
    if (scheduled && !field.reportValidity()) return;
  }
  form.requestSubmit();
}

/** Shows the date and its time for "schedule", with the button that says so and with the default date where none is chosen. */
function showScheduleFields() {
  const fields = document.getElementById("schedule-fields");
  fields.hidden = !document.getElementById("release_schedule").checked;
  const dialog = dialogOf("dialog-complete");
  const chosen = dialog.querySelector("[name=release_option]:checked");
  dialog.querySelector("[type=submit]").textContent = chosen.dataset.button;
  const date = fields.querySelector("[data-default]");
  if (!fields.hidden && !date.value) date.value = date.dataset.default;
}

window.markCaseCompleted = markCaseCompleted;
window.confirmCaseCompletion = confirmCaseCompletion;

// One listener for all: the parts of the page are replaced while it is open.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-complete-case]")) markCaseCompleted();
  if (button.matches("[data-removes]")) {
    event.preventDefault();
    askToRemove(button);
  }
  if (button.matches("#dialog-complete [type=submit]")) {
    event.preventDefault();
    confirmCaseCompletion();
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches("#dialog-complete [name=release_option]")) showScheduleFields();
});

/** What was wrong with a field is no longer so once it is changed; a date and its time are one answer. */
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
});

/** Asks once before a document is taken away, as the page does to which the button leads without this file. */
function askToRemove(button) {
  const dialog = dialogOf("dialog-remove");
  dialog.querySelector("form").action = button.form.action;
  dialog.querySelector("[data-name]").textContent = button.dataset.removes;
  dialog.showModal();
}

const noAnswer = document.getElementById("case-trouble").textContent;

/** Says why nothing was saved, as the answer has it. What was typed stays where it is. */
function showTrouble(answer) {
  const words = document.getElementById("case-trouble");
  const why = new DOMParser().parseFromString(answer, "text/html").querySelector("[data-trouble]");
  words.replaceChildren(why ?? noAnswer);
  words.hidden = false;
  words.focus();
}

// An answer without the part that was asked for (signed out meanwhile, a server in trouble) replaces nothing.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  const isPart = xhr.responseText.includes(`id="${target.id}"`) && !xhr.responseText.includes("<html");
  event.detail.shouldSwap = isPart;
  if (isPart) document.getElementById("case-trouble").hidden = true;
  else showTrouble(xhr.responseText);
});
for (const trouble of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(trouble, () => showTrouble(""));
}

// HTMX gives the focus back to where it was; where there is an error, or something new to read, it belongs there.
document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.target;
  (part.matches("[autofocus]") ? part : part.querySelector("[autofocus]"))?.focus();
});
