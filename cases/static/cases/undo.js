// The offer to undo a release: counts down the seconds, and removes it when they are over. The server checks the time.

const cameAt = performance.now();

function countDown() {
  // They are looked up each time, because a toast is removed for a moment while it is announced.
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
