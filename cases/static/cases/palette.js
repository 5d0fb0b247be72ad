// The palette: finds pages, views, cases and people by what is typed (the server does), and the actions of the open page (from its own
// buttons, so that it offers what the page offers). The focus stays in the field: a combobox with a list, as screen readers know it.

const palette = document.getElementById("palette");
const field = palette.querySelector("input");
const list = palette.querySelector("[role=listbox]");
const [nothing, trouble] = palette.querySelectorAll(".palette-nothing, .palette-trouble");
const status = palette.querySelector("[role=status]");
const PAUSE = 120;
const ACTIONS = {
  case: "#case-head .page-actions :is(a, button), #case-actions :is(a, button)",
  selection: "[data-bulk]:not([hidden]) button[name=action]",
  page: "main [data-palette]",
};

let shown = null; // the query that the list shows
let timer;
let asked; // to abort a request that no one is waiting for
let opensNext = false; // Enter was pressed before the response came

const options = () => [...list.querySelectorAll("[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");
const fold = (text) => text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

/** Whether each word of `text` begins a word of the label. */
function fits(label, text) {
  const words = fold(label).split(/[^\p{L}\p{N}]+/u);
  return fold(text).split(/\s+/).every((typed) => words.some((word) => word.startsWith(typed)));
}

const labelOf = (button) => button.textContent.trim().replace(/\s+/g, " ");

/** An option that presses a button of the page. */
function optionFor(button, index) {
  const option = document.createElement("div");
  option.className = "palette-option";
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  const words = document.createElement("span");
  words.className = "what";
  words.textContent = labelOf(button);
  const icon = button.querySelector("svg.icon") ?? palette.querySelector("[data-plain-icon]").content.firstElementChild;
  option.append(icon.cloneNode(true), words);
  option.id = `palette-action-${index}`;
  option.addEventListener("click", () => button.click());
  return option;
}

/** Whether the page offers the button now. Some buttons of the selection bar are in a closed menu. */
const canPress = (button, kind) => !button.disabled && (kind === "selection" || button.checkVisibility());

/** The groups of the page's own buttons that match. */
function actionGroups(text) {
  const taken = new Set();
  let number = 0;
  return Object.entries(ACTIONS).flatMap(([kind, where]) => {
    const fitting = [...document.querySelectorAll(where)].filter((button) => !taken.has(button) && canPress(button, kind) && fits(labelOf(button), text));
    if (!fitting.length) return [];
    for (const button of fitting) taken.add(button);
    const heading = document.createElement("span");
    heading.id = `palette-actions-${kind}`;
    heading.textContent = palette.querySelector(`[data-group=${kind}]`).content.textContent;
    const group = document.createElement("div");
    group.className = "palette-group";
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", heading.id);
    group.append(heading, ...fitting.map((button) => optionFor(button, number++)));
    return [group];
  });
}

/** Shows what was found, the page's own actions first: they are few, and the rest of the list ends in a search. */
function show(text, found, answer) {
  const actions = actionGroups(text);
  list.replaceChildren(...actions, ...found);
  list.scrollTop = 0;
  shown = text;
  choose(options()[0]);
  const count = options().length;
  field.setAttribute("aria-expanded", String(count > 0));
  trouble.hidden = Boolean(answer);
  nothing.hidden = !answer || count > 0;
  const words = count ? status.dataset.words.replace("[count]", count) : nothing.textContent;
  announce(status, answer ? words : trouble.textContent);
  if (opensNext) open();
}

async function find() {
  const text = field.value.trim();
  asked?.abort();
  asked = new AbortController();
  const { signal } = asked;
  try {
    const response = await fetch(`${palette.dataset.from}?${new URLSearchParams({ q: text })}`, { signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answer = page.getElementById("palette-found");
    show(text, answer ? [...answer.children] : [], answer);
  } catch (error) {
    if (error.name !== "AbortError") show(text, [], null);
  }
}

/** Opens what is chosen, once the list matches what is typed. */
function open() {
  opensNext = shown !== field.value.trim();
  if (!opensNext) chosen()?.click();
}

function openPalette() {
  if (palette.open) return;
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  field.value = "";
  opensNext = false;
  shown = null;
  palette.showModal();
  field.focus();
  find();
}

field.addEventListener("input", () => {
  opensNext = false;
  clearTimeout(timer);
  timer = setTimeout(find, PAUSE);
});
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const all = options();
  const here = all.indexOf(chosen());
  if (event.key === "ArrowDown") choose(all[(here + 1) % all.length]);
  else if (event.key === "ArrowUp") choose(all[(here - 1 + all.length) % all.length]);
  else if (event.key === "Enter") open();
  else return;
  event.preventDefault();
});
// The focus stays in the field while the pointer is on the list.
list.addEventListener("mousedown", (event) => event.preventDefault());
// Closed before the button of the page is pressed, which may open a dialog.
list.addEventListener("click", (event) => {
  if (event.target.closest("[role=option]") && !event.ctrlKey && !event.metaKey) palette.close();
}, { capture: true });
palette.addEventListener("click", (event) => {
  if (event.target === palette || event.target.closest(".palette-close")) palette.close();
});
palette.addEventListener("close", () => {
  asked?.abort();
  clearTimeout(timer);
});
document.addEventListener("palette", openPalette);
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-opens-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openPalette();
});
