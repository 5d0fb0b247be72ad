// The progress of a bulk run. After the session has ended, the response is the sign-in page, which is opened as a page.

document.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL).pathname === location.pathname) return;
  event.detail.shouldSwap = false;
  location.reload();
});
