// The list of loans by keyboard: arrows go from row to row, Enter opens, / goes to the search.
"use strict";

const busy = (target) =>
  target instanceof Element && target.closest("input, textarea, select, summary, dialog, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || busy(event.target)) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-search-here]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const here = rows.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? here + 1 : here - 1;
    if (here < 0 && event.key === "ArrowUp") return;
    if (!rows[next]) return;
    event.preventDefault();
    rows[next].focus();
  }
});
