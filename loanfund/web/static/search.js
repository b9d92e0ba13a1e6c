// The search box of the header: results while typing, and the first one with Enter.
"use strict";

const DEBOUNCE = 160;
const field = document.querySelector("[data-found]");
if (field) listen(field);

function listen(input) {
  const box = make("div", "found");
  const list = make("ul");
  const note = make("p");
  const said = make("span", "unseen");
  Object.assign(list, { id: "found", role: "listbox", ariaLabel: input.labels[0].textContent });
  note.hidden = true;
  box.hidden = true;
  said.setAttribute("role", "status");
  box.append(list, note);
  input.form.append(box, said);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list",
  })) input.setAttribute(name, value);

  let timer = 0;
  let shownFor = null;
  let chosen = -1;
  let asking = null;

  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, DEBOUNCE);
  });
  input.addEventListener("compositionend", () => { timer = window.setTimeout(ask, DEBOUNCE); });
  input.addEventListener("focus", () => { if (shownFor && shownFor === typed()) open(true); });
  document.addEventListener("click", (event) => {
    if (!input.form.contains(event.target)) open(false);
  });
  input.form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !input.form.contains(event.relatedTarget)) open(false);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const options = list.children;
    if (event.key === "Escape" && !box.hidden) {
      event.preventDefault();
      open(false);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length && !box.hidden) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((chosen + step + options.length) % options.length);
    } else if (event.key === "Enter" && shownFor === typed() && options[chosen] && !box.hidden) {
      event.preventDefault();
      window.location.assign(options[chosen].dataset.address);
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) window.location.assign(option.dataset.address);
  });

  function typed() { return input.value.trim(); }

  function open(isOpen) {
    box.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) input.removeAttribute("aria-activedescendant");
    else if (list.children[chosen]) choose(chosen);
  }

  function choose(place) {
    chosen = place;
    for (const option of list.children) {
      option.setAttribute("aria-selected", String(option === list.children[place]));
    }
    const option = list.children[place];
    if (!option) return;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  async function ask() {
    const wanted = typed();
    if (asking) asking.abort();
    if (wanted.length < 2) {
      shownFor = null;
      open(false);
      return;
    }
    asking = new AbortController();
    box.classList.add("stale");
    try {
      const address = `${input.dataset.found}?q=${encodeURIComponent(wanted)}`;
      const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) show(wanted, await answer.json());
      else open(false);
    } catch (error) {
      if (error.name !== "AbortError") open(false);
    }
  }

  function show(wanted, answer) {
    list.replaceChildren(...answer.found.map(asOption));
    note.textContent = answer.found.length ? "" : answer.nothing;
    note.hidden = answer.found.length > 0;
    list.hidden = !note.hidden;
    said.textContent = answer.count;
    box.classList.remove("stale");
    shownFor = wanted;
    chosen = 0;
    open(true);
  }

  function asOption(one, place) {
    const option = make("li");
    Object.assign(option, { id: `found-${place}`, role: "option" });
    option.dataset.address = one.address;
    const badge = make("span", `badge ${one.tone}`, one.status);
    const end = make("span", "end");
    end.append(badge);
    option.append(
      make("strong", "", one.name), end,
      make("span", "small", one.about),
      make("span", "small end", one.figures),
    );
    return option;
  }
}

function make(tag, kind = "", said = "") {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (said) made.textContent = said;
  return made;
}
