// A money form over a network that may fail: when the answer is lost, the form's key is asked for
// until somebody knows. What was typed stays; sent again, the same key never posts twice.
"use strict";

const PATIENCE = 20000; // milliseconds for an answer
const PAUSES = [400, 1500, 3000, 5000]; // before each question; the last one again and again
const ENOUGH = 3; // so many answers of "not posted", lest it still be on its way

for (const form of document.querySelectorAll("form[data-outcome]")) watch(form);

function watch(form) {
  const notice = document.createElement("p");
  notice.className = "notice amber";
  notice.setAttribute("role", "status");
  notice.tabIndex = -1;
  notice.hidden = true;
  form.before(notice);
  let sending = false;

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || !button || !button.matches("[data-post]") || form.dataset.plain) return;
    event.preventDefault();
    event.stopPropagation();
    if (sending) return;
    sending = true;
    notice.hidden = true;
    button.setAttribute("aria-busy", "true");
    const address = await send(button) || await find();
    button.removeAttribute("aria-busy");
    sending = false;
    if (address === "plainly") sendPlainly(button);
    else if (address) {
      form.dataset.left = "1"; // nothing of it is lost
      location.assign(address);
    }
    else say(form.dataset.unposted);
  });

  // Give where a posted payment led; "plainly" where the server has a page to show; else nothing.
  async function send(button) {
    const fields = new URLSearchParams(new FormData(form));
    if (button.name) fields.set(button.name, button.value);
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: fields, signal: AbortSignal.timeout(PATIENCE),
      });
      if (answer.redirected && answer.ok) return answer.url;
      return answer.status < 500 ? "plainly" : "";
    } catch {
      return "";
    }
  }

  // Ask what became of it until it is known; "plainly" once somebody has to sign in again.
  async function find() {
    const query = new URLSearchParams({ key: form.elements.request_key.value });
    say(form.dataset.checking);
    let unknown = 0;
    for (let turn = 0; unknown < ENOUGH; turn += 1) {
      await new Promise((done) => { setTimeout(done, PAUSES[Math.min(turn, PAUSES.length - 1)]); });
      try {
        const answer = await fetch(`${form.dataset.outcome}?${query}`, {
          signal: AbortSignal.timeout(PATIENCE), cache: "no-store",
        });
        if (answer.redirected || answer.status === 401) return "plainly";
        if (!answer.ok) continue;
        const { address } = await answer.json();
        if (address) return address;
        unknown += 1;
      } catch {
        say(form.dataset.unreached);
      }
    }
    return "";
  }

  // Let the browser send it, so that the page with the refusal is shown.
  function sendPlainly(button) {
    form.dataset.plain = "1";
    form.requestSubmit(button);
  }

  function say(text) {
    notice.textContent = text;
    notice.hidden = false;
    notice.focus();
  }
}

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-plain]")) delete form.dataset.plain;
});
