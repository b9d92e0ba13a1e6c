// A button beside each box that copies what is typed into a transfer; without it the box is
// selected by a touch.
"use strict";

for (const box of document.querySelectorAll(".box")) {
  const button = box.querySelector("button");
  const shown = box.querySelector("[data-copy]");
  if (!navigator.clipboard) continue;
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(shown.dataset.copy);
    } catch {
      getSelection().selectAllChildren(shown);
      return;
    }
    button.textContent = box.closest("[data-copied]").dataset.copied;
    setTimeout(() => { button.textContent = name; }, 2500);
  });
}
