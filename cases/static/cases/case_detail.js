// The dialogs of a case. The server checks everything again; here is only what makes them pleasant.

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

document.querySelector("[data-complete-case]")?.addEventListener("click", markCaseCompleted);
document.querySelector("[data-confirm-completion]")?.addEventListener("click", (event) => {
  event.preventDefault();
  confirmCaseCompletion();
});
for (const radio of document.querySelectorAll("#dialog-complete [name=release_option]")) {
  radio.addEventListener("change", showScheduleFields);
}
for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => dialogOf(button.dataset.opens).showModal());
}
for (const button of document.querySelectorAll("[data-closes]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
for (const dialog of document.querySelectorAll("dialog[data-open-now]")) {
  dialog.showModal();
}
