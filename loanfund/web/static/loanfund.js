// What the pages do better with a script; all of them work without.
"use strict";

const MENUS = "details:is(.menu, .acts-menu)[open]";

const isTyping = (target) =>
  target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

// Ctrl+K: search. Ctrl+Enter: the button that posts. ?: the keys. Letters stay for typing.
document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const control = event.ctrlKey || event.metaKey;
  if (control && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else if (control && event.key === "Enter") {
    const form = event.target instanceof Element && event.target.closest("form");
    const button = (form || document).querySelector("[data-post]");
    if (button) button.click();
  } else if (event.key === "?" && !control && !isTyping(event.target)) {
    openDialog("keys");
  } else if (event.key === "Escape") {
    const menu = document.querySelector(MENUS);
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) openDialog(opener.dataset.opens);
  for (const menu of document.querySelectorAll(MENUS)) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// A form is sent once; the server keeps its own guard, this one spares people the doubt.
const DOUBLE_CLICK = 1000; // milliseconds in which a second click is one of a double click
const A_WHILE = 3000; // in which a page comes, or a file
document.addEventListener("submit", (event) => {
  const form = event.target;
  // Read as attributes: a field of the name `method` hides the property.
  if (form.getAttribute("method") !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  // A file or a tab of its own leaves this page open, and its button is wanted again.
  setTimeout(() => release(form), form.getAttribute("target") === "_blank" ? DOUBLE_CLICK : A_WHILE);
  for (const button of form.querySelectorAll("[data-post]")) {
    button.setAttribute("aria-busy", "true");
  }
});
function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[data-post]")) button.removeAttribute("aria-busy");
}
// Back to a page that was kept as it was; a page that is still loading is no reason to send twice.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

// A page that answered a form has no address of its own: Back and reload lead to the page on
// which the form stood, and the browser never asks whether to send it again.
const { answers } = document.documentElement.dataset;
if (answers) {
  for (const form of document.querySelectorAll("form:not([action])")) form.action = location.href;
  history.replaceState(null, "", answers);
}

// What comes back whole after a sign-in needs no click.
const whole = document.querySelector("form[data-at-once]");
if (whole) whole.requestSubmit();

// Thousands are grouped while digits are typed. Whoever types a mark or a letter themselves
// (2,5tr) is left alone until the field holds nothing but digits again.
const grouped = (digits) => digits.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ".");

function group(field, event) {
  if (event.isComposing) return;
  const typed = event.data || "";
  if (/[^\d.\s]/.test(typed) && !field.dataset.free) ungroup(field, typed);
  if (/\D/.test(typed)) field.dataset.free = "1";
  if (/^\d*$/.test(field.value)) delete field.dataset.free;
  if (field.dataset.free || /[^\d.]/.test(field.value)) return;
  const before = field.value.slice(0, field.selectionStart).replace(/\D/g, "").length;
  field.value = grouped(field.value.replace(/\D/g, ""));
  let caret = 0;
  for (let seen = 0; seen < before && caret < field.value.length; caret += 1) {
    if (/\d/.test(field.value[caret])) seen += 1;
  }
  field.setSelectionRange(caret, caret);
}

// Our marks go when a unit follows: 2500k must not become 2.500k, which has two meanings.
function ungroup(field, typed) {
  const caret = field.selectionStart;
  const head = field.value.slice(0, caret - typed.length).replace(/\./g, "") + typed;
  field.value = head + field.value.slice(caret).replace(/\./g, "");
  field.setSelectionRange(head.length, head.length);
}

for (const field of document.querySelectorAll("[data-money]")) {
  field.addEventListener("input", (event) => group(field, event));
}

// After a refused form, reading begins with what is wrong, and in which field.
for (const link of document.querySelectorAll("[data-names]")) {
  const label = document.querySelector(`label[for="${link.hash.slice(1)}"]`);
  if (label) link.prepend(`${label.firstChild.textContent.trim()}: `);
}
const focused = document.querySelector("[data-focus]");
if (focused) focused.focus();

// Who comes back to a list goes on in the row that they left.
const left = location.hash.startsWith("#loan-") && document.getElementById(location.hash.slice(1));
const goOn = left && left.querySelector("[data-amount], a");
if (goOn) addEventListener("load", () => setTimeout(() => goOn.focus())); // not before the browser went there

// Where the navigation scrolls, the page that one is on shall be seen in it.
const here = document.querySelector(".tabs [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.clientWidth / 3;

// On a telephone filters lie folded above their list.
const narrow = matchMedia("(max-width: 720px)");
const fold = () => document.querySelectorAll("details.fold").forEach((one) => {
  one.open = !narrow.matches || one.contains(document.activeElement);
});
narrow.addEventListener("change", fold);
if (narrow.matches) fold();
