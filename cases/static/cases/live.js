// Asks from time to time how much is unread, and whether this page is out of date. Not in a tab that nobody looks at.
// It only ever says so: nothing on the page changes, moves or takes the focus. HTMX could poll too, but not in shown tabs
// alone: the condition of a trigger is evaluated, which the policy of the pages forbids. And few pages load it.

const MINUTE = 60_000;
const box = document.getElementById("live");
const count = document.getElementById("bell-count");
let asked = Date.now();

async function ask() {
  asked = Date.now();
  const token = document.querySelector("[data-live-token]")?.dataset.liveToken ?? "";
  const asks = new URLSearchParams({ token, path: location.pathname, search: location.search });
  const answer = await fetch(`${box.dataset.live}?${asks}`, { headers: { Accept: "application/json" } }).catch(() => null);
  // Signed out, offline or restarting: a later answer says it.
  if (answer?.status !== 200 || answer.redirected) return;
  const { unread, words, news } = await answer.json();
  if (count.firstChild.data !== words) count.firstChild.data = words;
  count.hidden = !unread;
  if (!news || !box.hidden) return;
  box.hidden = false;
  announce(document.getElementById("live-words"), news);
}

if (box && count) {
  setInterval(() => {
    if (!document.hidden) ask();
  }, MINUTE);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - asked > MINUTE) ask();
  });
}
