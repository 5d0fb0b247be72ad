// Shows the guidance for the chosen type only.

const chooser = document.getElementById("id_case_type");
const texts = document.querySelectorAll("[data-guidance-of]");

function showChosen() {
  for (const text of texts) text.hidden = text.dataset.guidanceOf !== chooser.value;
}

if (chooser) {
  chooser.addEventListener("change", showChosen);
  window.addEventListener("pageshow", showChosen);
  showChosen();
}
