// The page of a run follows it: while it waits or runs, its part of the page is fetched anew.
"use strict";

const SOON = 1000;

async function follow() {
  const shown = document.querySelector("#run[data-poll]");
  if (!shown) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("#run");
    if (answer.ok && found) shown.replaceWith(document.adoptNode(found));
  } catch {
    // The network is away for a moment: ask again.
  }
  setTimeout(follow, SOON);
}

setTimeout(follow, SOON);
