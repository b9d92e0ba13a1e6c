// A repayment with a script: the preview follows what is typed, Enter leads to the button.
"use strict";

const form = document.querySelector("[data-preview]");
const PAUSE = 200; // milliseconds without a key before the preview is asked for

if (form) {
  const preview = form.querySelector("#preview");
  const said = form.querySelector("[data-said]");
  const hint = form.querySelector("#amount-hint");
  const amount = form.elements.amount;
  const names = (form.dataset.watch || "value_date amount").split(" ");
  const watched = names.map((name) => form.elements[name]).filter(Boolean);
  let timer = 0;
  let asking = null;

  // What is wrong with a field stands beside it; the amount says its words there otherwise.
  const note = (field) => {
    if (field === amount && hint) return hint;
    const row = field.closest(".row");
    let found = row.querySelector(".error");
    if (!found) {
      found = document.createElement("p");
      found.className = "error";
      found.id = `${field.id}-error`;
      row.append(found);
      const described = field.getAttribute("aria-describedby");
      field.setAttribute("aria-describedby", [described, found.id].filter(Boolean).join(" "));
    }
    return found;
  };

  const settle = () => {
    const words = preview.querySelector("[data-words]");
    const error = preview.querySelector(".error");
    for (const field of watched) {
      const wrong = preview.querySelector(`[data-error-of="${field.id}"]`);
      field.closest(".row").classList.toggle("wrong", Boolean(wrong));
      field.setAttribute("aria-invalid", String(Boolean(wrong)));
      const beside = note(field);
      if (wrong) beside.textContent = wrong.textContent;
      else beside.textContent = beside === hint && words ? words.textContent : "";
      if (beside === hint) hint.classList.toggle("error", Boolean(wrong));
    }
    const button = preview.querySelector("[data-post]");
    said.className = "unseen";
    said.textContent = error ? error.textContent : button ? button.textContent.trim() : "";
  };

  // Without an answer one goes on as if there were no script: with the button that shows the
  // preview, which asks to sign in where the session ended, and keeps all that is typed.
  let isBlind = false;
  document.documentElement.classList.add("is-live");
  const see = (isSeeing) => {
    isBlind = !isSeeing;
    preview.hidden = isBlind; // what it shows is of another amount; what is chosen in it stays
    if (isBlind) preview.querySelectorAll("[data-post]").forEach((button) => button.remove());
    document.documentElement.classList.toggle("is-live", isSeeing);
  };

  // What is chosen in the preview itself, about money too much; it comes and goes with it.
  const meant = () => ["[data-meant]", "[data-kept]"].map((one) => preview.querySelector(one));
  const choices = () => preview.querySelectorAll("[data-ask] input");
  const chosen = () => [...choices()].find((one) => one.checked);
  const fields = () => watched.map(inFull).join("\n");
  const typed = () => `${fields()}\n${chosen() ? chosen().value : ""}`;
  let shown = typed();

  // An amount that the page filled in by itself follows the day, until somebody types another.
  const prefilled = () => preview.querySelector("[data-prefilled]");
  let isTouched = false;
  const touch = () => {
    isTouched = true;
    prefilled()?.remove();
  };
  amount?.addEventListener("input", touch);

  // Ask for the preview of what stands in the fields now; an older answer is dropped.
  async function look() {
    clearTimeout(timer);
    if (asking) asking.abort();
    const request = new AbortController();
    asking = request;
    const now = fields();
    const query = new URLSearchParams(watched.map((field) => [field.name, field.value]));
    if (prefilled()) query.set("prefilled", prefilled().value);
    const choice = chosen();
    const isChoosing = preview.contains(document.activeElement) && document.activeElement === choice;
    // A choice belongs to the day and the amount that it was made for.
    if (choice && shown.startsWith(`${now}\n`)) query.set(choice.name, choice.value);
    preview.parentElement.setAttribute("aria-busy", "true");
    let failure = form.dataset.failed;
    try {
      const answer = await fetch(`${form.dataset.preview}?${query}`, { signal: request.signal });
      if (answer.redirected) failure = form.dataset.signedOut; // to the page that lets one in
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      // A reason stays; the tick belongs to the amount, and goes with it.
      const [tick, why] = meant();
      preview.innerHTML = await answer.text();
      const [tickNow, whyNow] = meant();
      if (why && whyNow) whyNow.value = why.value;
      if (tick && tickNow) tickNow.checked = tick.checked && shown.startsWith(`${now}\n`);
      if (isTouched) prefilled()?.remove();
      const isFollowing = prefilled() && fields() === now;
      if (isFollowing) amount.value = prefilled().dataset.prefilled;
      shown = `${isFollowing ? fields() : now}\n${chosen() ? chosen().value : ""}`;
      if (isChoosing && chosen()) chosen().focus();
      see(true);
      settle();
    } catch (error) {
      if (error.name === "AbortError") return;
      see(false);
      said.className = "notice amber";
      said.textContent = failure;
    }
    if (asking !== request) return;
    asking = null;
    preview.parentElement.removeAttribute("aria-busy");
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  };
  for (const field of watched) {
    field.addEventListener("input", (event) => event.isComposing || soon());
    field.addEventListener("change", () => typed() !== shown && look());
  }

  // Enter in a field leads to the button of an up-to-date preview; it never posts by itself.
  form.addEventListener("keydown", async (event) => {
    const isField = event.target.matches("input, select");
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
    if (!isField) return;
    event.preventDefault();
    const part = event.target.closest("[data-works-out]"); // Enter there works out what it says
    if (part) {
      part.querySelector("button").click();
      return;
    }
    if (typed() !== shown || asking) await look();
    const next = isBlind
      ? form.querySelector("[data-look]")
      : preview.querySelector("[data-meant]:not(:checked)") || preview.querySelector("[data-post]") || choices()[0];
    if (next) next.focus();
  });

  preview.addEventListener("change", (event) => event.target.closest("[data-ask]") && look());

  // An amount at hand is one click.
  preview.addEventListener("click", (event) => {
    const link = event.target.closest("[data-fill]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    touch();
    amount.value = link.dataset.fill;
    amount.focus();
    look();
  });

  // Leave through the button that posts only with what its preview showed.
  form.addEventListener("submit", (event) => {
    if (isBlind || !event.submitter || event.submitter.value !== "post" || typed() === shown) return;
    event.preventDefault();
    event.stopPropagation();
    look();
  });

  if (!form.querySelector(".row.wrong")) settle();
  if (document.activeElement === amount) amount.select();
}
