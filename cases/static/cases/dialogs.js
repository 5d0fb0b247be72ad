// Dialogs of a page: `data-opens` names the one that a button opens, `data-closes` closes the one it is in, and one with
// `data-open-now` is open from the start, because the server has something to say in it.

// One listener for all: the parts of some pages are replaced while they are open.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-opens]")) document.getElementById(button.dataset.opens).showModal();
  if (button.matches("[data-closes]")) button.closest("dialog").close();
});
for (const dialog of document.querySelectorAll("dialog[data-open-now]")) {
  dialog.showModal();
}
