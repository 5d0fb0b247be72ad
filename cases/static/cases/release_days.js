// Says immediately that no release can be scheduled on the chosen day. The server decides, and says the same.

const A_YEAR = 366;
const asDate = (text) => new Date(`${text}T00:00:00Z`);
const asText = (date) => date.toISOString().slice(0, 10);
const isWeekend = (date) => [0, 6].includes(date.getUTCDay());

/** Why the day is closed, as a sentence. Empty for an open day. */
function closedBecause(rules, date) {
  const name = rules.days[asText(date)];
  if (name) return rules.says.day.replace("{name}", () => name);
  return rules.weekends && isWeekend(date) ? rules.says.weekend : "";
}

/** The sentence about the next open day that the field accepts. Empty if there is none. */
function nextOpenDay(rules, date, field) {
  const next = new Date(date);
  for (let day = 0; day < A_YEAR; day += 1) {
    next.setUTCDate(next.getUTCDate() + 1);
    if (field.max && asText(next) > field.max) return "";
    if (!closedBecause(rules, next)) {
      const words = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeZone: "UTC" });
      return rules.says.next.replace("{date}", words.format(next));
    }
  }
  return "";
}

/** The element below the field that says it. */
function wordsOf(field) {
  const id = `${field.id}_closed_error`;
  const words = document.getElementById(id) ?? document.createElement("div");
  if (!words.id) {
    words.id = id;
    words.className = "field-error";
    words.setAttribute("role", "alert");
    (field.closest(".row") ?? field).after(words);
  }
  return words;
}

/** Says `sentence` below the field, and has the browser refuse the day. Empty: the day is open. */
function refuseDay(field, sentence) {
  const wasClosed = field.validity.customError;
  field.setCustomValidity(sentence);
  if (!wasClosed && !sentence) return;
  const words = wordsOf(field);
  words.textContent = sentence;
  words.hidden = !sentence;
  field.classList.toggle("is-invalid", Boolean(sentence));
  if (sentence) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

function checkDay(field) {
  const rules = JSON.parse(field.dataset.closed);
  const date = field.value ? asDate(field.value) : null;
  const sentence = date && closedBecause(rules, date);
  refuseDay(field, sentence ? `${sentence} ${nextOpenDay(rules, date, field)}`.trim() : "");
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.matches?.("input[data-closed]")) checkDay(event.target);
  });
}
