// Asks from time to time how much is unread, and whether this page is out of date. Not in a tab that nobody looks at.
// It only ever says so: nothing on the page changes, moves or takes the focus. HTMX could poll too, but not in shown tabs
// alone: the condition of a trigger is evaluated, which the policy of the pages forbids. And few pages load it.

const MINUTE = 60_000;
const box = document.getElementById("live");
const words = document.getElementById("live-words");
const count = document.getElementById("bell-count");
const shown = () => document.querySelector("[data-live-token]");
let asked = Date.now();
// What the box says, and the element with the token of what that is about: a part that is replaced brings another one,
// although it may show the same as an earlier one.
let said = "";
let saidOf = null;

async function ask() {
  asked = Date.now();
  const askedOf = shown();
  const token = askedOf?.dataset.liveToken ?? "";
  const asks = new URLSearchParams({ token, path: location.pathname, search: location.search });
  const answer = await fetch(`${box.dataset.live}?${asks}`, { headers: { Accept: "application/json" } }).catch(() => null);
  // Signed out, offline or restarting: a later answer says it.
  if (answer?.status !== 200 || answer.redirected) return;
  const { unread, words: unreadWords, news } = await answer.json();
  if (count.firstChild.data !== unreadWords) count.firstChild.data = unreadWords;
  count.hidden = !unread;
  // A part of the page may have been replaced meanwhile: the news is about what it showed before.
  if (!news || news === said || askedOf !== shown()) return;
  [said, saidOf, box.hidden] = [news, askedOf, false];
  announce(words, news);
}

/** What was said is no longer so once the page has been brought up to date by one of its own buttons. */
function takeBack() {
  if (!said || saidOf === shown()) return;
  [said, box.hidden] = ["", true];
  words.replaceChildren();
}

if (box && count) {
  setInterval(() => {
    if (!document.hidden) ask();
  }, MINUTE);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - asked > MINUTE) ask();
  });
  document.addEventListener("htmx:afterSettle", takeBack);
}
