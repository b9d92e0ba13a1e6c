// The page of a loan with a script: one section at a time, print, and Enter for the first act.
"use strict";

const links = [...document.querySelectorAll(".sections a")];
const sections = links.map((link) => document.querySelector(link.hash));

// Show the section that holds what the address names; printing shows all of them.
function showSection() {
  const named = document.getElementById(location.hash.slice(1)) || document.querySelector("[data-asked]");
  const wanted = (named && named.closest("main section[id]")) || sections[0];
  if (!sections.includes(wanted)) return;
  sections.forEach((section, index) => {
    section.hidden = section !== wanted;
    if (section === wanted) links[index].setAttribute("aria-current", "true");
    else links[index].removeAttribute("aria-current");
  });
  if (named && named !== wanted) named.scrollIntoView();
}

addEventListener("hashchange", showSection);
showSection();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Whoever comes by the keyboard goes on with Enter, and prints with Ctrl+P.
const next = document.querySelector("[data-first]");
const paper = document.querySelector("[data-paper]");
document.addEventListener("keydown", (event) => {
  const control = event.ctrlKey || event.metaKey;
  if (paper && control && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "p") {
    event.preventDefault();
    paper.click();
    return;
  }
  const isFree = event.target === document.body || event.target.id === "main";
  if (event.key === "Enter" && !event.isComposing && isFree && !control && next) {
    event.preventDefault(); // else the key, going on, would send the form that now has the focus
    next.click();
  }
});

// The paper opens beside; here the next thing to do stands ready.
if (paper) {
  paper.form.addEventListener("submit", () => {
    if (next) next.focus();
  });
}
