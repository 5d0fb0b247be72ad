/** Has a screen reader speak `words` (texts or elements): it does for what changes in a live region that is there already. */
function announce(region, ...words) {
  region.replaceChildren();
  setTimeout(() => region.replaceChildren(...words), 100);
}

// The menu in the header is a <details>, which opens and closes by itself; here is how it closes when one goes elsewhere.

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
for (const kind of ["pointerdown", "focusin"]) {
  document.addEventListener(kind, (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
}

/** A button in each field for a password, which shows and hides what is typed. */
for (const input of document.querySelectorAll("input[type=password]")) {
  const { show, hide } = document.body.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-bare btn-sm";
  button.textContent = show;
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const isHidden = input.type === "password";
    input.type = isHidden ? "text" : "password";
    button.textContent = isHidden ? hide : show;
  });
  const box = document.createElement("div");
  box.className = "with-button";
  input.replaceWith(box);
  box.append(input, button);
}

// Moves the focus to the first error of a sent form. Dialogs do so by themselves.
document.querySelector("main :is([autofocus], [aria-invalid]):not(dialog *)")?.focus();
