// Short amounts and days stand in full once they are typed: 2tr5 as 2.500.000, 31/12 with its year.
// The server reads them again, and only that counts; what is not understood here stays as it is.
"use strict";

const UNITS = { k: 1e3, nghìn: 1e3, nghin: 1e3, ngàn: 1e3, ngan: 1e3, tr: 1e6, triệu: 1e6, trieu: 1e6,
  tỷ: 1e9, tỉ: 1e9, ty: 1e9, ti: 1e9 };
const A_SLIP = 31; // days ahead: a day of the past so little ahead is mistyped, not a year ago

// Give whole đồng, 0 for nothing, NaN for what is not understood.
function readAmount(text) {
  const typed = text.normalize("NFC").toLowerCase().trim().replace(/\s+/g, " ").replace(/ ?(đồng|dong|vnđ|vnd|đ|₫)$/, "");
  if (!typed || /^0+$/.test(typed)) return 0;
  if (/^\d+$/.test(typed) || /^\d{1,3}([., ])\d{3}(\1\d{3})*$/.test(typed)) return Number(typed.replace(/\D/g, ""));
  const [, whole, part = "", unit, more = ""] = /^(\d+)(?:[.,](\d{1,2}))? ?(\p{L}+) ?(\d|\d{3})?$/u.exec(typed) || [];
  if (!UNITS[unit] || (part && more)) return NaN;
  const figures = part || more;
  return Math.round((Number(whole + figures) * UNITS[unit]) / 10 ** figures.length);
}

// Give a day as dd/mm/yyyy, nothing for what is not understood.
function readDay(text, today, isPast) {
  const typed = text.trim();
  const found = /^(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?$/.exec(typed) || /^(\d{2})(\d{2})(\d{4}|\d{2})?$/.exec(typed);
  if (!found) return "";
  const [day, month] = [Number(found[1]), Number(found[2])];
  const now = new Date(`${today}T00:00Z`);
  let year = Number(found[3] || now.getUTCFullYear());
  if (year < 100) year += Math.trunc(now.getUTCFullYear() / 100) * 100;
  const latest = new Date(now.getTime() + A_SLIP * 864e5);
  const isSameYear = latest.getUTCFullYear() === now.getUTCFullYear();
  const isFarAhead = month * 100 + day > (latest.getUTCMonth() + 1) * 100 + latest.getUTCDate();
  if (isPast && !found[3] && isSameYear && isFarAhead) year -= 1;
  const date = new Date(Date.UTC(year, month - 1, day));
  const two = (number) => String(number).padStart(2, "0");
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? `${two(day)}/${two(month)}/${year}` : "";
}

// Give what a field says, in full.
function inFull(field) {
  const { money, day, past } = field.dataset;
  if (day !== undefined) return readDay(field.value, day, past !== undefined) || field.value;
  const dong = money === undefined ? NaN : readAmount(field.value);
  return dong > 0 && dong < 1e15 ? grouped(String(dong)) : field.value;
}

for (const field of document.querySelectorAll("[data-money], [data-day]")) {
  field.addEventListener("change", () => {
    const full = inFull(field);
    if (full === field.value) return;
    field.value = full;
    delete field.dataset.free;
  });
}
