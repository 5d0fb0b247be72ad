// Documents are sent as soon as they are chosen or dropped, one after another, each with a progress bar. The server
// decides, and its page shows the result. Without this file, the form sends one document and shows that page.

const form = document.querySelector("[data-attach]");
// Where files are dropped: the form itself, or the part of another one that sends them without this file.
const zone = document.querySelector("[data-drop]");
const input = zone.querySelector("[type=file]");
const uploads = zone.querySelector("[data-uploads]");
let queue = Promise.resolve();

/** Puts the files in the queue. The next one is sent when the previous one has a response. */
function attachAll(files) {
  for (const refused of uploads.querySelectorAll(".upload-refused")) refused.remove();
  for (const file of files) {
    const row = showRow(file);
    queue = queue.then(() => attach(file, row));
  }
}

async function attach(file, row) {
  if (file.size > Number(uploads.dataset.mostBytes)) {
    finish(file, row, uploads.dataset.tooLarge);
    return;
  }
  say(`${uploads.dataset.sending}: ${file.name}`);
  // A draft that was never saved has no documents yet (draft.js).
  if (window.draftIsThere && !(await window.draftIsThere())) {
    finish(file, row, uploads.dataset.failed);
    return;
  }
  finish(file, row, await send(file, row.querySelector("progress")));
}

/** Sends one file. Resolves to the error message, or an empty text when it is attached. */
function send(file, bar) {
  freshenTokens();
  const body = new FormData(form);
  body.set("file", file);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
  });
  return new Promise((resolve) => {
    request.addEventListener("load", () => resolve(readAnswer(request.response, request.status)));
    request.addEventListener("error", () => resolve(uploads.dataset.failed));
    request.send(body);
  });
}

/** Takes over the list of documents and any error from the server's page. */
function readAnswer(page, status) {
  // The server must not take the next file for this one sent again.
  const token = page?.querySelector("[data-attach] [name=form_token]");
  if (token) form.querySelector("[name=form_token]").replaceWith(token);
  const list = page?.getElementById("document-list");
  if (list && document.querySelector(".draft-page")) leadBackToForm(list);
  const problem = page?.getElementById("document-problem") ?? page?.querySelector("#content > .alert-danger:not([hidden])");
  if (list) document.getElementById("document-list").replaceWith(list);
  else if (status < 400) return readOtherPage(page);
  return problem?.textContent ?? (status < 400 ? "" : uploads.dataset.failed);
}

/** The person has signed out, or the case has changed. The present page says so, unless text would be lost with this one. */
function readOtherPage(page) {
  if (!hasUnsaved()) {
    uploads.replaceChildren(); // the other files would fail in the same way, and there is no question about them
    window.location.reload();
  }
  return page?.querySelector("input[name=login]") ? uploads.dataset.signedOut : uploads.dataset.outdated;
}

/** The list is from the page of the case. On the form of a draft its buttons come back to the form. */
function leadBackToForm(list) {
  for (const back of list.querySelectorAll("form")) back.insertAdjacentHTML("afterbegin", '<input type="hidden" name="from" value="edit">');
}

function showRow(file) {
  const row = document.createElement("li");
  row.className = "upload";
  row.append(file.name);
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  row.append(bar);
  uploads.append(row);
  return row;
}

/** Removes the row when the file is in the list. Otherwise the row says why it is not. */
function finish(file, row, problem) {
  say(problem ? `${file.name}: ${problem}` : `${uploads.dataset.attached}: ${file.name}`);
  if (!problem) {
    row.remove();
    // Its checks were made while the report was being sent (case_detail.js).
    if (!awaited && document.getElementById("dialog-complete")?.open) refreshPreflight();
    return;
  }
  row.classList.add("upload-refused");
  const words = document.createElement("div");
  words.className = "field-error";
  words.textContent = `${file.name}: ${problem}`;
  row.replaceChildren(words);
}

function say(words) {
  announce(zone.querySelector("[data-said]"), words);
}

// A file in transit belongs to what a button sends, because a submitted or completed case accepts no more files.

const isUploading = () => Boolean(uploads.querySelector("progress"));
let awaited = null; // the waiting button, and its text before

document.addEventListener("submit", (event) => {
  const sent = event.target;
  if (!isUploading() || sent.getAttribute("method") !== "post" || sent.matches("[hx-post]") || !sent.closest("main")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!awaited) sendAfterUploads(sent, event.submitter ?? sent.querySelector("[type=submit]"));
}, { capture: true });
window.addEventListener("beforeunload", (event) => {
  if (isUploading()) event.preventDefault();
});

/** Presses the button again once all files have arrived. If one was refused, or the form was changed, says so instead. */
async function sendAfterUploads(sent, button) {
  const waiting = { button, text: [...button.childNodes] };
  const entered = enteredIn(sent);
  awaited = waiting;
  button.replaceChildren(uploads.dataset.sending);
  while (isUploading()) await queue;
  if (awaited !== waiting) return;
  stopWaiting();
  const refused = uploads.querySelector(".upload-refused");
  if (!refused) {
    if (enteredIn(sent) === entered) setTimeout(sendWith, 0, sent, button);
    else leaveUnsent(sent, document.body.dataset.changed);
    return;
  }
  button.closest("dialog")?.close();
  refused.tabIndex = -1;
  refused.focus();
}

/** Puts the text of the button back, unless another choice has given it a new one (case_detail.js). */
function stopWaiting() {
  const { button, text } = awaited;
  awaited = null;
  if (button.textContent === uploads.dataset.sending) button.replaceChildren(...text);
}

whenLeft((part) => {
  if (awaited && part.contains(awaited.button)) stopWaiting();
});

/** Asks once before a document is removed, like the page to which the button leads without this file. */
function askToRemove(button) {
  const dialog = document.getElementById("dialog-remove");
  const address = new URL(button.form.action);
  address.search = new URLSearchParams(new FormData(button.form));
  dialog.querySelector("form").action = address;
  dialog.querySelector("[data-name]").textContent = button.dataset.removes;
  dialog.showModal();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-removes]");
  if (!button) return;
  event.preventDefault();
  askToRemove(button);
});

input.removeAttribute("form"); // each file is sent by itself
input.multiple = true;
zone.querySelector("[data-with-script]").hidden = false;
zone.querySelector("[data-without-script]").hidden = true;
input.addEventListener("change", () => {
  attachAll([...input.files]);
  input.value = "";
});
zone.addEventListener("dragover", (event) => {
  event.preventDefault();
  zone.classList.add("drop-over");
});
zone.addEventListener("dragleave", () => zone.classList.remove("drop-over"));
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  zone.classList.remove("drop-over");
  attachAll([...event.dataTransfer.files]);
});
