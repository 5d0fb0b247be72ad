// Buttons that copy the field that `data-copies` names, or the text in `data-copy`. Without this file people select it.

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

// A text outside a field has no place for a message of its own, so a toast says it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = button.dataset.copy;
  const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  if (!isCopied) getSelection().selectAllChildren(button.previousElementSibling);
  else document.dispatchEvent(new CustomEvent("toasts", { detail: { messages: [{ level: "success", text: button.dataset.done }] } }));
});
