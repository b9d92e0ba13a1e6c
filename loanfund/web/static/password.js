// Who types a password may look at it; it is hidden again before it is sent.
"use strict";

function turn(button, field) {
  field.type = field.type === "password" ? "text" : "password";
  [button.textContent, button.dataset.other] = [button.dataset.other, button.textContent];
}

for (const button of document.querySelectorAll("[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  button.hidden = false;
  button.addEventListener("click", () => turn(button, field));
  field.form.addEventListener("submit", () => {
    if (field.type === "text") turn(button, field);
  });
}
