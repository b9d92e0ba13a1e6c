// Rows chosen by ticks: one link ticks all of a form, one none, and its acts say how many are.
"use strict";

for (const links of document.querySelectorAll("[data-ticks]")) {
  const form = links.closest("form");
  const boxes = [...form.querySelectorAll("td input[type=checkbox]")];
  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    for (const said of form.querySelectorAll("[data-ticked]")) said.textContent = `(${ticked})`;
  };
  form.addEventListener("change", count);
  for (const link of links.querySelectorAll("[data-tick]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      for (const box of boxes) box.checked = link.dataset.tick === "all";
      count();
    });
  }
  count();
}
