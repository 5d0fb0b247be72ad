/** Has a screen reader speak `words` (texts or elements): it reads changes in a live region that already exists. */
function announce(region, ...words) {
  region.replaceChildren();
  setTimeout(() => region.replaceChildren(...words), 100);
}

// The menu in the header is a <details>, which opens and closes by itself. This closes it when the user goes elsewhere.

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

/** Adds a button to each password field that shows and hides what is typed. */
for (const input of document.querySelectorAll("input[type=password]")) {
  const { show, hide } = document.body.dataset;
  const [label] = input.labels;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-bare btn-sm" });
  button.setAttribute("aria-controls", input.id);
  if (label) {
    // A page may have several such fields.
    label.id ||= `${input.id}-label`;
    button.setAttribute("aria-describedby", label.id);
  }
  const reveal = (isShown) => {
    input.type = isShown ? "text" : "password";
    button.textContent = isShown ? hide : show;
  };
  reveal(false);
  button.addEventListener("click", () => reveal(input.type === "password"));
  // A browser remembers what is sent in a text field, and offers it to the next person.
  input.form?.addEventListener("submit", () => reveal(false));
  const box = document.createElement("div");
  box.className = "with-button";
  input.replaceWith(box);
  box.append(input, button);
}

// Moves the focus to the first error of a sent form. Dialogs do so by themselves.
document.querySelector("main :is([autofocus], [aria-invalid]):not(dialog *)")?.focus();
