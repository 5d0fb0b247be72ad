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
  form.querySelector("[data-confirm-completion]").disabled = true;
  form.submit();
}

function showScheduleFields() {
  const fields = document.getElementById("schedule-fields");
  fields.hidden = !document.getElementById("release_schedule").checked;
}

window.markCaseCompleted = markCaseCompleted;
window.confirmCaseCompletion = confirmCaseCompletion;

// One listener for all: the parts of the page are replaced while it is open.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-complete-case]")) markCaseCompleted();
  if (button.matches("[data-confirm-completion]")) {
    event.preventDefault();
    confirmCaseCompletion();
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches("#dialog-complete [name=release_option]")) showScheduleFields();
});

/** Says that nothing was saved. What was typed stays where it is. */
function showTrouble(isTrouble) {
  const words = document.getElementById("case-trouble");
  words.hidden = !isTrouble;
  if (isTrouble) words.focus();
}

// An answer without the part that was asked for (signed out meanwhile, a server in trouble) replaces nothing.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  const isPart = xhr.responseText.includes(`id="${target.id}"`) && !xhr.responseText.includes("<html");
  event.detail.shouldSwap = isPart;
  showTrouble(!isPart);
});
for (const trouble of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(trouble, () => showTrouble(true));
}
