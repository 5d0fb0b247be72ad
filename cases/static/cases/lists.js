// The list of cases: it follows what is typed and chosen. Without this file the button "Show" does the same.

// An address contains only the fields that are used.
document.addEventListener("htmx:configRequest", (event) => {
  for (const [name, value] of [...event.detail.formData.entries()]) {
    if (value === "") event.detail.formData.delete(name);
  }
});

/** Loads the page from the server, to sign in again or to read what went wrong. */
const open = (event) => location.assign(event.detail.pathInfo.finalRequestPath);

const trouble = document.getElementById("list-trouble");
// What could not be loaded, to be requested again.
let missed = null;

/** Without a connection there is no such page. What is typed and selected stays, and the list comes when it is back. */
function waitForConnection(event) {
  missed = event.detail.elt;
  trouble.hidden = false;
}

function askAgain() {
  if (missed?.isConnected) htmx.trigger(missed, missed.matches("form") ? "submit" : "click");
}

document.addEventListener("htmx:beforeSwap", (event) => {
  missed = null;
  trouble.hidden = true;
  const answered = new URL(event.detail.xhr.responseURL);
  if (answered.pathname === location.pathname && event.detail.xhr.status === 200) return;
  event.detail.shouldSwap = false;
  open(event);
});
document.addEventListener("htmx:sendError", waitForConnection);
document.addEventListener("htmx:timeout", open);
window.addEventListener("online", askAgain);

// A link that was pressed before the answer to what is typed leads to a list without it. Each part of an answer settles.
const filters = document.getElementById("filters");
let settled = null;
document.addEventListener("htmx:afterSettle", ({ detail: { target, requestConfig, xhr } }) => {
  if (xhr === settled || target?.id !== "cases" || requestConfig.elt === filters) return;
  settled = xhr;
  const asked = new URLSearchParams(location.search).get("q") ?? "";
  if (filters.elements.q.value.trim() !== asked.trim()) htmx.trigger(filters, "submit");
});
