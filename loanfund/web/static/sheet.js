// A collection sheet by keyboard: the next row, filled as due, sums that follow, a draft that stays.
"use strict";

const sheet = document.querySelector("[data-collection]");
const PAUSE = 900; // milliseconds without a key before the draft is kept
const written = (dong) => String(Math.abs(dong)).replace(/\B(?=(\d{3})+$)/g, ".");
const signed = (dong) => (dong > 0 ? "+" : dong < 0 ? "−" : "") + written(dong);
const filled = (pattern, facts) => pattern.replace(/\{(\w+)\}/g, (_, name) => facts[name]);

if (sheet) {
  const amounts = [...sheet.querySelectorAll("[data-amount]")];
  const button = sheet.querySelector("[data-review]");
  const saved = sheet.querySelector("[data-saved]");
  const all = sheet.querySelectorAll("[data-line]").length;
  let timer = 0;

  const show = (field) => {
    const cell = field.closest("tr").querySelector("[data-difference]");
    const dong = readAmount(field.value);
    if (cell) cell.textContent = dong ? signed(dong - readAmount(field.dataset.due)) : "";
    return dong;
  };

  const count = () => {
    const entered = amounts.map((field) => readAmount(field.value)).filter((dong) => dong > 0);
    const sum = entered.reduce((total, dong) => total + dong, 0);
    const due = Number(sheet.querySelector("[data-due-total]").dataset.dueTotal);
    sheet.querySelector("[data-entered]").textContent = `${written(sum)}\u00a0đ`;
    sheet.querySelector("[data-left]").textContent = `${signed(sum - due)}\u00a0đ`;
    sheet.querySelector("[data-count]").textContent = `${entered.length} / ${all}`;
    const facts = { count: entered.length, amount: `${written(sum)}\u00a0đ` };
    const { empty, one, text } = button.dataset;
    button.textContent = entered.length ? filled(entered.length === 1 ? one : text, facts) : empty;
  };

  async function keep() {
    clearTimeout(timer);
    timer = 0;
    try {
      const answer = await fetch(sheet.dataset.draft, {
        method: "POST",
        body: new URLSearchParams(new FormData(sheet)),
        headers: { Accept: "application/json" },
        keepalive: true,
      });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      saved.textContent = (await answer.json()).said;
      saved.classList.remove("error");
    } catch {
      saved.textContent = sheet.dataset.unsaved;
      saved.classList.add("error");
    }
  }

  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  };

  const fill = (field) => {
    if (!field.dataset.due) return;
    field.value = field.dataset.due;
    delete field.dataset.free;
    show(field);
    count();
    changed();
  };

  const goTo = (field, step) => {
    const next = amounts[amounts.indexOf(field) + step];
    if (next) {
      next.focus();
      next.select();
    } else if (step > 0) {
      button.focus();
    }
  };

  sheet.addEventListener("input", (event) => {
    if (event.target.matches("[data-amount]")) {
      show(event.target);
      count();
    }
    changed();
  });

  // What cannot be read is marked when the field is left; the server says what is wrong with it.
  sheet.addEventListener("focusout", (event) => {
    if (!event.target.matches("[data-amount]")) return;
    const isWrong = Number.isNaN(readAmount(event.target.value));
    event.target.setAttribute("aria-invalid", String(isWrong));
    event.target.closest("td").classList.toggle("wrong", isWrong);
  });

  sheet.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!field.matches("[data-amount]")) {
      if (event.key !== "Enter" || !field.matches("input, select")) return;
      event.preventDefault();
      const row = field.closest(".own-row");
      (row ? row.previousElementSibling.querySelector("[data-amount]") : amounts[0]).focus();
      return;
    }
    const steps = { ArrowDown: 1, ArrowUp: -1, Enter: event.shiftKey ? -1 : 1 };
    if (event.key in steps) goTo(field, steps[event.key]);
    else if (event.key === "F8" || event.key === "=") fill(field);
    else if (event.key === "F2") openOwn(field.closest("tr").querySelector("[data-own]"), true);
    else return;
    event.preventDefault();
  });

  // A day, a reference or a note of the row's own stand in a row below, shown when asked for.
  const ownRow = (opener) => document.getElementById(opener.getAttribute("aria-controls"));

  function openOwn(opener, isOpen) {
    ownRow(opener).classList.toggle("opened", isOpen);
    opener.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) ownRow(opener).querySelector("input").focus();
  }

  document.documentElement.classList.add("is-live");
  for (const opener of sheet.querySelectorAll("[data-own]")) {
    opener.addEventListener("click", () => openOwn(opener, opener.getAttribute("aria-expanded") !== "true"));
  }

  sheet.querySelector("[data-fill-all]").addEventListener("click", (event) => {
    event.preventDefault();
    for (const field of amounts) {
      if (!readAmount(field.value) && field.value.trim() !== "0") fill(field);
    }
  });
  sheet.querySelector("[data-keep]").addEventListener("click", (event) => {
    event.preventDefault();
    keep();
  });
  // What waits for its pause is kept at once when somebody reviews or leaves.
  sheet.addEventListener("submit", () => timer && keep());
  addEventListener("pagehide", () => timer && keep());

  // A browser may restore typed values on its own; sums must follow them.
  addEventListener("pageshow", () => {
    amounts.forEach(show);
    count();
  });
  const isRefused = document.querySelector("[data-focus]");
  if (!isRefused && !location.hash && amounts[0]) amounts[0].focus({ preventScroll: true });
}
