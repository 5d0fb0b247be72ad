// The offer to undo a release: counts its seconds down, and takes it away when they are over. The server checks the time again.

for (const offer of document.querySelectorAll("[data-undo-for]")) {
  const ends = performance.now() + offer.dataset.undoFor * 1000;
  const words = offer.querySelector("[data-seconds-left]");
  const timer = setInterval(() => {
    const left = Math.ceil((ends - performance.now()) / 1000);
    words.textContent = Math.max(left, 0);
    if (left > 0) return;
    clearInterval(timer);
    if (offer.contains(document.activeElement)) document.getElementById("content").focus({ preventScroll: true });
    (offer.closest(".toasts > .alert") ?? offer).remove();
  }, 250);
}
