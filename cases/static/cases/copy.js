// Buttons that copy the field that `data-copies` names. Without this file people select its text.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // not over plain HTTP, or not allowed: the text is ready to be copied by hand
    return;
  }
  button.textContent = button.dataset.done;
  announce(document.getElementById(`${field.id}-status`), button.dataset.done);
});
