// The operations page: parts that refresh themselves until someone pauses them, and charts drawn from the table.

const SECOND = 1000;
let isPaused = false;
let announced = "";
const charts = new Map();

Chart.defaults.locale = document.documentElement.lang;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.font.size = 13;

const parts = () => document.querySelectorAll("[data-every]");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Reloads each part at its own interval, but not while paused or while the tab is hidden. */
function keepFresh() {
  for (const part of parts()) {
    setInterval(() => {
      if (!isPaused && !document.hidden) htmx.trigger(part, "refresh");
    }, part.dataset.every * SECOND);
  }
}

/** Announces important changes to screen readers once, and not at every refresh. */
function announceState() {
  const shown = [...document.querySelectorAll("[data-announce]")].filter((element) => element.offsetParent);
  const texts = shown.map((element) => element.innerText.trim());
  const text = texts.join(" ");
  if (text === announced) return;
  if (announced) announce(document.getElementById("announcement"), text);
  announced = text;
}

function drawCharts() {
  for (const chart of charts.values()) chart.destroy();
  charts.clear();
  const rows = [...document.querySelectorAll("[data-figures] tbody tr")];
  const grid = colour("--bs-border-color");
  const text = colour("--bs-body-color");
  const line = colour("--chart-line");
  for (const canvas of document.querySelectorAll("[data-chart]")) {
    const values = rows.map((row) => row.dataset[canvas.dataset.column]).map((value) => (value ? Number(value) : null));
    const series = { data: values, backgroundColor: line, borderColor: line, borderWidth: 2, pointRadius: 2, spanGaps: false };
    const axis = { grid: { color: grid }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 16 } };
    const y = { ...axis, beginAtZero: true, ticks: { color: text, precision: canvas.dataset.column === "delay" ? undefined : 0 } };
    charts.set(canvas, new Chart(canvas, {
      type: canvas.dataset.chart,
      data: { labels: rows.map((row) => row.dataset.day), datasets: [series] },
      options: { animation: false, maintainAspectRatio: false, plugins: { legend: { display: false } }, scales: { x: axis, y } },
    }));
  }
}

function pause() {
  isPaused = !isPaused;
  document.getElementById("pause").setAttribute("aria-pressed", isPaused);
}

const sayTrouble = () => { document.getElementById("refresh-trouble").hidden = false; };
const isOfPart = ({ xhr, pathInfo }) => new URL(xhr.responseURL).pathname === pathInfo.requestPath.split("?")[0];

// What a person has opened stays open when its part is replaced.
let opened = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  // The session has ended, and the response is the sign-in page. It isn't opened by itself: a reason may be half typed.
  if (!isOfPart(event.detail)) {
    event.detail.shouldSwap = false;
    sayTrouble();
    return;
  }
  opened = [...event.detail.target.querySelectorAll("details[open]")].map((element) => element.id);
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  document.getElementById("refresh-trouble").hidden = true;
  if (event.detail.target.id === "figures") drawCharts();
  announceState();
});
for (const trouble of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(trouble, sayTrouble);
}
new MutationObserver(drawCharts).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });

document.getElementById("pause").hidden = false;
document.getElementById("pause").addEventListener("click", pause);
drawCharts();
announceState();
keepFresh();
