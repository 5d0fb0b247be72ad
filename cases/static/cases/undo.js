// The offer to undo a release: counts its seconds down, and takes it away when they are over. The server checks the time again.

const cameAt = performance.now();

function countDown() {
  // They are looked for each time: a toast is out of the page for a moment while it is announced.
  for (const offer of document.querySelectorAll("[data-undo-for]")) {
    const left = Math.ceil(offer.dataset.undoFor - (performance.now() - cameAt) / 1000);
    const words = offer.querySelector("[data-seconds-left]");
    if (words.textContent !== String(left)) words.textContent = Math.max(left, 0);
    if (left <= 0) withdraw(offer);
  }
}

function withdraw(offer) {
  if (offer.contains(document.activeElement)) document.getElementById("content").focus({ preventScroll: true });
  (offer.closest(".toasts > .alert") ?? offer).remove();
}

setInterval(countDown, 250);
