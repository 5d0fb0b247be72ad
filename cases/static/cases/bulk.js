// Selecting rows of a list: how many, a range with Shift, all on the page. Without this file the boxes and buttons do the rest.

const ROW_BOX = "form[data-selects] input[name=case]";
const rowBoxes = () => [...document.querySelectorAll(ROW_BOX)];
const pageBox = () => document.querySelector("form[data-selects] [data-selects-page]");
const allBox = () => document.querySelector("form[data-selects] input[name=all]");
let lastBox = null; // the box that was pressed before, from which Shift extends the selection

/** Shows how many are selected, in the bar, in the head of the table and on the rows. */
function showSelection() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const all = allBox().checked;
  const chosen = rowBoxes().filter((box) => box.checked).length;
  pageBox().checked = chosen > 0 && chosen === rowBoxes().length;
  pageBox().indeterminate = chosen > 0 && chosen < rowBoxes().length;
  for (const box of rowBoxes()) box.closest("tr").classList.toggle("selected", box.checked);
  const words = bar.querySelector("[data-selected]");
  words.textContent = all ? allBox().dataset.words : chosen === 1 ? words.dataset.one : words.dataset.many.replace("#", chosen);
  pageBox().hidden = words.hidden = bar.querySelector("[data-clears]").hidden = false;
  bar.hidden = !all && chosen === 0;
}

/** Shows it, and announces it to screen readers. */
function tellSelection() {
  showSelection();
  announce(document.getElementById("list-status"), document.querySelector("[data-selected]").textContent);
}

function checkAll(wanted, some = rowBoxes()) {
  for (const box of some) box.checked = wanted;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-clears]")) {
    checkAll(false);
    allBox().checked = false;
    tellSelection();
    pageBox().focus();
  }
  if (!event.target.matches(ROW_BOX)) return;
  const rows = rowBoxes();
  const [from, to] = [rows.indexOf(lastBox), rows.indexOf(event.target)].sort((one, other) => one - other);
  if (event.shiftKey && from >= 0) checkAll(event.target.checked, rows.slice(from, to + 1));
  lastBox = event.target;
  tellSelection();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-selects-page]")) checkAll(event.target.checked);
  else if (event.target === allBox()) checkAll(event.target.checked);
  else if (!event.target.matches(ROW_BOX)) return;
  if (event.target !== allBox() && !rowBoxes().every((box) => box.checked)) allBox().checked = false;
  tellSelection();
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest(".bulk-more[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A swap or the browser's Back button brings another list, or the same one with boxes checked.
document.addEventListener("htmx:afterSettle", showSelection);
addEventListener("pageshow", showSelection);
