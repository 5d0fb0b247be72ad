// Asks from time to time how much is unread, and whether this page is out of date, but not in a hidden tab.
// It only says so: nothing on the page changes, moves or takes the focus. HTMX could poll too, but not only in visible
// tabs: trigger conditions use eval, which the pages' policy forbids. Also, few pages load HTMX.

const MINUTE = 60_000;
const box = document.getElementById("live");
const words = document.getElementById("live-words");
const count = document.getElementById("bell-count");
// A page with parts that are replaced separately has a token for each.
const shown = () => [...document.querySelectorAll("[data-live-token]")];
let asked = Date.now();
// What the box says, and the elements with the tokens that it is about: a replaced part brings another element,
// even if it shows the same as an earlier one.
let said = "";
let saidOf = [];

async function ask() {
  asked = Date.now();
  const askedOf = shown();
  const token = askedOf.map((part) => part.dataset.liveToken).join(".");
  const path = askedOf[0]?.dataset.livePath ?? location.pathname;
  const asks = new URLSearchParams({ token, path, search: location.search });
  const answer = await fetch(`${box.dataset.live}?${asks}`, { headers: { Accept: "application/json" } }).catch(() => null);
  // Signed out, offline or restarting: a later response will say it.
  if (answer?.status !== 200 || answer.redirected) return;
  const { unread, words: unreadWords, news } = await answer.json();
  if (count.firstChild.data !== unreadWords) count.firstChild.data = unreadWords;
  count.hidden = !unread;
  // A part of the page may have been replaced in the meantime: the news is about what it showed before.
  if (news === said || isReplaced(askedOf)) return;
  if (news) [said, saidOf, box.hidden] = [news, askedOf, false];
  else [said, box.hidden] = ["", true];
  announce(words, news);
}

const isReplaced = (parts) => parts.some((part) => !part.isConnected);

/** The message may no longer be true once one of a part's own buttons has updated it. */
function askAgain() {
  if (said && isReplaced(saidOf)) ask();
}

if (box && count) {
  setInterval(() => {
    if (!document.hidden) ask();
  }, MINUTE);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - asked > MINUTE) ask();
  });
  document.addEventListener("htmx:afterSettle", askAgain);
}
