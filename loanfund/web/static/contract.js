// A contract with a script: the schedule follows what is typed, and the borrower what is searched.
"use strict";

const WAIT = 250; // milliseconds without a key before anything is asked for

// Ask for a page of ours after a pause; an older answer is dropped.
function asker(take, failed) {
  let timer = 0;
  let asking = null;
  return (address) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (asking) asking.abort();
      asking = new AbortController();
      try {
        const answer = await fetch(address(), { signal: asking.signal });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        take(await answer.text());
      } catch (error) {
        if (error.name !== "AbortError") failed();
      }
    }, WAIT);
  };
}

const chooser = document.querySelector("[data-choose]");
if (chooser) {
  const choices = document.querySelector(chooser.dataset.choose);
  const ask = asker((html) => {
    const found = new DOMParser().parseFromString(html, "text/html");
    choices.replaceChildren(...found.querySelector(chooser.dataset.choose).childNodes);
  }, () => {});
  chooser.addEventListener("input", (event) => {
    if (!event.isComposing) ask(() => `?${new URLSearchParams(new FormData(chooser))}`);
  });
}

const form = document.querySelector("[data-schedule]");
if (form) {
  const schedule = form.querySelector("#schedule");
  const said = form.querySelector("[data-said]");
  const terms = [...form.querySelectorAll("[data-terms] :is(input, select, textarea), #signed_on")];
  const left = new Set(); // fields that somebody has been in

  document.documentElement.classList.add("is-live");

  const settle = () => {
    for (const field of terms) {
      const wrong = schedule.querySelector(`[data-error-of="${field.id}"]`);
      const row = field.closest(".row");
      const show = Boolean(wrong) && left.has(field);
      row.classList.toggle("wrong", show);
      field.setAttribute("aria-invalid", String(show));
      let note = row.querySelector(".error");
      if (!note && show) {
        note = document.createElement("p");
        note.className = "error";
        note.id = `${field.id}-error`;
        row.append(note);
        field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${note.id}`.trim());
      }
      if (note) note.textContent = show ? wrong.textContent : "";
    }
    const words = schedule.querySelector("[data-words]");
    const hint = form.querySelector("#amount-hint");
    if (hint && words) hint.textContent = words.textContent;
    const interest = schedule.querySelector(".figure");
    said.textContent = interest ? interest.textContent.trim().replace(/\s+/g, " ") : "";
  };

  const ask = asker((html) => {
    schedule.innerHTML = html;
    schedule.removeAttribute("aria-busy");
    settle();
  }, () => {
    said.textContent = form.dataset.failed;
    schedule.removeAttribute("aria-busy");
  });

  const look = () => {
    schedule.setAttribute("aria-busy", "true");
    ask(() => {
      const query = new URLSearchParams(terms.map((field) => [field.name, field.value]));
      return `${form.dataset.schedule}&${query}`;
    });
  };
  for (const field of terms) {
    field.addEventListener("input", (event) => event.isComposing || look());
    field.addEventListener("change", look);
    field.addEventListener("blur", () => { left.add(field); settle(); });
  }
  settle();
}
