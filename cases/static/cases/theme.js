// In the head, so that nothing is drawn in the wrong colors: light or dark by what a person chose here, otherwise by
// the system. Without this file the stylesheet follows the system.
(() => {
  const KEY = "theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  /** What was chosen on this device: light, dark or auto. */
  function chosen() {
    try {
      return window.localStorage.getItem(KEY) ?? "auto";
    } catch {
      return "auto"; // storage may be forbidden
    }
  }

  function choose(theme) {
    try {
      window.localStorage.setItem(KEY, theme);
    } catch {
      // Then it applies only to this page.
    }
    apply(theme);
  }

  function apply(theme) {
    const isDark = theme === "dark" || (theme !== "light" && system.matches);
    root.setAttribute("data-bs-theme", isDark ? "dark" : "light");
    for (const input of document.querySelectorAll("[data-theme-choice]")) input.checked = input.value === theme;
  }

  root.classList.add("js");
  apply(chosen());
  system.addEventListener("change", () => apply(chosen()));
  window.addEventListener("storage", () => apply(chosen()));
  document.addEventListener("DOMContentLoaded", () => apply(chosen()));
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-theme-choice]")) choose(event.target.value);
  });
})();
