// The keys of the pages. The list of keys (#dialog-keys) says which exist and what each does. This implements them.
// A key never acts in a text field, with a dialog open, with a modifier other than its own, or if it is turned off.

const list = document.getElementById("dialog-keys");
const hint = document.getElementById("key-hint");
const rows = [...list.querySelectorAll("[data-press]")];
// How long the second key may take. People with a switch or a voice need more than GitHub's 1.5 seconds.
const WAITS_FOR = 5000;
const NO_TEXT = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"];
const LISTED = "main :is([data-row], table.dense tbody tr, .case-rows > li, .rows > li:not(.wave))";
const LINKS = ["[data-row-link]", "th a[href]", "a.case-row", "a[href]", "button.row-link"];

// The case that was open in this tab right before this page. In a list, the keys go on from there.
const before = sessionStorage.getItem("case-before");
sessionStorage.setItem("case-before", /^\/cases\/\d+\/$/.test(window.location.pathname) ? window.location.pathname : "");

let first = ""; // the key that waits for a second one
let timer;

const isTextField = (element) =>
  element.isContentEditable || element.matches("textarea, select, [role=combobox], [role=textbox]") || (element.matches("input") && !NO_TEXT.includes(element.type));
const isVisible = (element) => element.checkVisibility();

function say(...words) {
  hint.replaceChildren(...words);
  clearTimeout(timer);
  timer = setTimeout(forget, WAITS_FOR);
}

function forget() {
  first = "";
  clearTimeout(timer);
  hint.replaceChildren();
}

/** Waits for the second key, and shows the choices. */
function wait(key) {
  first = key;
  say(...rows.filter((row) => row.dataset.press.startsWith(`${key} `)).map((row) => {
    const choice = document.createElement("span");
    const cap = document.createElement("kbd");
    cap.textContent = row.dataset.press.split(" ")[1];
    choice.append(cap, ` ${row.querySelector("dt").textContent}`);
    return choice;
  }));
}

const linkOf = (row) => LINKS.map((link) => row.querySelector(link)).find(Boolean);

/** Puts the focus on a case of the list: it is marked and read, and Enter opens it. Elsewhere, goes to the case beside this one. */
function move(step, relation) {
  const links = [...document.querySelectorAll(LISTED)].filter(isVisible).map(linkOf).filter(Boolean);
  if (!links.length) document.querySelector(`main a[rel=${relation}]`)?.click();
  const focused = links.findIndex((link) => link.closest("li, tr, [data-row]").contains(document.activeElement));
  const here = focused < 0 ? links.findIndex((link) => link.pathname === before) : focused;
  const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + step, 0), links.length - 1);
  links[next]?.focus({ focusVisible: true });
}

const actions = {
  go: (row) => row.querySelector("a").click(),
  openPalette: () => document.dispatchEvent(new CustomEvent("palette")),
  showKeys: () => list.showModal(),
  next: () => move(1, "next"),
  previous: () => move(-1, "prev"),
  search() {
    const boxes = document.querySelectorAll('[aria-keyshortcuts="/"], main input[type=search]');
    const box = [...boxes].find(isVisible);
    if (box) {
      box.focus();
      box.select?.();
    } else actions.openPalette();
  },
  select() {
    const box = document.activeElement.closest(LISTED)?.querySelector("input[type=checkbox]");
    if (!box) return;
    box.click();
    if (!document.querySelector("[data-bulk]")) say(box.checked ? list.dataset.selected : list.dataset.cleared);
  },
};

/** What was pressed, as the list names it. Empty if it is not for this file. */
function pressed(event) {
  if (event.defaultPrevented || event.isComposing || isTextField(event.target) || document.querySelector("dialog[open]")) return "";
  const hasControl = event.ctrlKey || event.metaKey;
  if (hasControl) return event.altKey || event.shiftKey ? "" : `Control ${event.key.toLowerCase()}`;
  return event.altKey || !("isOn" in list.dataset) ? "" : event.key;
}

document.addEventListener("keydown", (event) => {
  const key = pressed(event);
  if (!key || ["Shift", "CapsLock"].includes(event.key)) return;
  const keys = first ? `${first} ${key}` : key;
  forget();
  const row = rows.find((each) => each.dataset.press === keys && each.dataset.does);
  if (row) {
    event.preventDefault();
    actions[row.dataset.does](row);
  } else if (rows.some((each) => each.dataset.press.startsWith(`${keys} `))) wait(keys);
});
document.addEventListener("pointerdown", forget);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shows-keys]")) actions.showKeys();
  if (event.target.closest("[data-closes-keys]")) list.close();
});
