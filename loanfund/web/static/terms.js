// The terms of a contract with a script: only what the method needs is asked for.
"use strict";

const method = document.querySelector("select[name=repayment_method]");

if (method) {
  const fit = () => {
    for (const part of method.form.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(method.value);
    }
  };
  method.addEventListener("change", fit);
  fit();
}
