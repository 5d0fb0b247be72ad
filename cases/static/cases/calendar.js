// Moving a case to another day without leaving the calendar: by dragging it, or in a dialog. The server decides, and
// its pages show the result. Without this file, the same links and forms lead through those pages.

const byId = (id) => document.getElementById(id);
let calendarTitle = document.title;
let dragged = null;
let asked = 0;
// The move in progress. The next request, for a form or another move, waits for its result.
let moving = Promise.resolve();

/** Loads the form for a move, and shows it in the dialog. */
async function askForForm(url) {
  const number = ++asked;
  await moving;
  // A form that was requested before another one must not replace it and what is typed in it.
  const isLate = () => number !== asked || byId("move-dialog").open;
  if (!isLate()) await ask(url, { isLate });
}

/** Sends what `makeBody` returns, once the previous move has a response. `form`: where it was typed. */
function move(url, makeBody, form) {
  asked += 1;
  const send = () => ask(url, { method: "POST", body: makeBody(), form });
  moving = moving.then(send, send);
}

/** Asks the server and shows its response: the calendar in place of this one, or the form for a move in the dialog. */
async function ask(url, { form, isLate = () => false, ...options }) {
  try {
    const response = await fetch(url, { ...options, signal: patience() });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (isLate()) return;
    if (page.querySelector("[data-calendar]")) showCalendar(page, response.url);
    else if (page.getElementById("move-panel")) showPanel(page.getElementById("move-panel"), page.title);
    else if (options.method && isOutOfReach(response.status)) showProblem(form);
    // Signed out meanwhile, or the case is gone: the browser sends it as a form, and the page that answers has what was typed.
    else if (form) HTMLFormElement.prototype.submit.call(form);
    else window.location.assign(url);
  } catch {
    if (!isLate()) showProblem(form);
  }
}

/** Says that it failed: above the form, which keeps what was typed, or above the calendar if there is no form. */
function showProblem(form) {
  const dialog = byId("move-dialog");
  if (!form || !dialog.open) {
    dialog.close();
    byId("move-problem").hidden = false;
    return;
  }
  form.querySelector("button").disabled = false;
  form.querySelector("[data-lost]")?.remove();
  const problem = document.createElement("div");
  problem.className = "alert alert-danger";
  problem.setAttribute("role", "alert");
  problem.dataset.lost = "";
  problem.textContent = dialog.dataset.problem;
  form.prepend(problem);
}

function showCalendar(page, url) {
  byId("content").replaceWith(page.getElementById("content"));
  document.title = calendarTitle = page.title;
  window.history.replaceState(null, "", url);
  const message = byId("content").querySelector(".alert:not([hidden])");
  const target = message ?? byId("content");
  target.tabIndex = -1;
  target.focus();
}

function showPanel(panel, title) {
  const dialog = byId("move-dialog");
  dialog.replaceChildren(panel);
  if (!dialog.open) dialog.showModal();
  const faulty = panel.querySelector("[aria-invalid], [autofocus]");
  document.title = faulty ? title : calendarTitle;
  dialog.addEventListener("close", () => { document.title = calendarTitle; }, { once: true });
  const date = panel.querySelector("input[type=date]");
  (faulty ?? date ?? panel.querySelector("a"))?.focus();
  // The day may be closed for releases: release_days.js says so before a reason is typed.
  if (!faulty) date?.dispatchEvent(new Event("change", { bubbles: true }));
}

function drop(entry, date) {
  const url = entry.dataset.moveUrl;
  // If a reason is required, the dialog asks for it.
  if (document.querySelector("[data-needs-reason]")) {
    askForForm(`${url}&to=${date}`);
    return;
  }
  move(url, () => {
    freshenTokens();
    const body = new FormData(byId("move-token"));
    body.set("release_date", date);
    // The previous move may have created another version.
    body.set("version", (byId(entry.id) ?? entry).dataset.version);
    return body;
  });
}

document.addEventListener("click", (event) => {
  const closes = event.target.closest("#move-dialog [data-closes]");
  const opens = event.target.closest("[data-move]");
  if ((!closes && !opens) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (closes) byId("move-dialog").close();
  else askForForm(opens.href);
});

document.addEventListener("submit", (event) => {
  if (!event.target.closest("#move-dialog")) return;
  event.preventDefault();
  event.target.querySelector("button").disabled = true;
  move(event.target.action, () => new FormData(event.target), event.target);
});

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-move-url]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.querySelector(".cal-name").textContent);
});

document.addEventListener("dragend", () => {
  dragged = null;
  unmark();
});

document.addEventListener("dragover", (event) => {
  const day = event.target.closest?.("[data-date]");
  unmark();
  if (!dragged || !day || day.contains(dragged)) return;
  event.preventDefault();
  day.classList.add("cal-over");
});

document.addEventListener("drop", (event) => {
  const day = event.target.closest?.("[data-date]");
  if (!dragged || !day) return;
  event.preventDefault();
  drop(dragged, day.dataset.date);
});

function unmark() {
  for (const day of document.querySelectorAll(".cal-over")) day.classList.remove("cal-over");
}

/** Opens a month at the week of today where that does not show yet; on a phone, in a list, at today. An address with a place of
 *  its own, such as /calendar/#feed, wins. */
function goToToday() {
  const isList = window.matchMedia("(max-width: 767px)").matches;
  const place = isList ? byId("today") : document.querySelector(".cal-month [data-week-of-today]");
  if (!place || window.location.hash) return;
  if (isList || place.getBoundingClientRect().bottom > window.innerHeight) place.scrollIntoView();
}
goToToday();
// Again when the typeface has loaded, because it moves the days.
window.addEventListener("load", goToToday);
