// Whoever leaves a form half typed is asked first. What keeps a draft of itself (data-draft) or
// holds no work (data-brief) asks nothing.
"use strict";

const asksToStay = "main form[method=post]:not([data-draft], [data-brief])";
const typable = "input:not([type=hidden], [type=password]), textarea, select";
// The page that answers a form holds what was typed, and nobody else does.
const sentTo = document.documentElement.hasAttribute("data-answers") ? location.pathname : "";

function isTyped(field) {
  if (field.matches("select")) {
    const begun = [...field.options].find((one) => one.defaultSelected) || field.options[0];
    return Boolean(begun) && field.value !== begun.value;
  }
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

function isHalfTyped(form) {
  if (form.dataset.left) return false;
  const fields = [...form.elements].filter((one) => one.matches(typable) && !one.readOnly);
  const cameBack = sentTo && new URL(form.action, location.href).pathname === sentTo;
  return fields.some((one) => isTyped(one) || (cameBack && one.matches("input, textarea") && one.value));
}

function stay(event) {
  if (![...document.querySelectorAll(asksToStay)].some(isHalfTyped)) return;
  event.preventDefault();
  event.returnValue = true; // older browsers ask only so
}

if (sentTo) addEventListener("beforeunload", stay);
document.addEventListener("input", (event) => {
  const { form } = event.target;
  if (form) delete form.dataset.left;
  addEventListener("beforeunload", stay);
});
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) event.target.dataset.left = "1";
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return; // the page that is left may only just have loaded
  for (const form of document.querySelectorAll("form[data-left]")) delete form.dataset.left;
});
