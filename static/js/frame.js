// Small helps of the frame. Every page works without them, more slowly.
"use strict";

document.documentElement.classList.add("js");

const live = () => document.getElementById("live");

// Screen readers hear what was swapped in; the text is emptied first so that equal texts are read.
function announce(part) {
  const region = live();
  const source = part.querySelector("[data-announce]");
  if (!region || !source) return;
  region.textContent = "";
  window.setTimeout(() => { region.textContent = source.textContent.trim(); }, 100);
}

function closeDrops(except) {
  for (const drop of document.querySelectorAll("details.drop[open], details.bar-menu[open]")) {
    if (!except || !drop.contains(except)) drop.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeDrops(event.target);
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const toggle = event.target.closest("[data-toggles]");
  if (toggle) {
    const open = document.getElementById(toggle.dataset.toggles).classList.toggle("is-open");
    toggle.setAttribute("aria-expanded", String(open));
  }
  if (event.target.closest("[data-prints]")) window.print();
});

// How many rows are chosen, and the sum of their amounts, in exact hundredths.
function countChosen() {
  const told = document.querySelector("[data-chosen-count]");
  if (!told) return;
  const chosen = [...document.getElementsByName("chosen")].filter((box) => box.checked);
  let text = told.dataset.none;
  if (chosen.length) text = told.dataset.some.replace("{n}", chosen.length);
  if (chosen.length && told.dataset.sum) {
    const hundredths = chosen.reduce(
      (sum, box) => sum + Math.round(Number(box.dataset.amount || 0) * 100), 0);
    const figure = (hundredths / 100).toLocaleString("en", { minimumFractionDigits: 2 });
    text += ` · ${told.dataset.sum.replace("{n}", figure)}`;
  }
  told.textContent = text;
}

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-chooses]");
  if (all) {
    for (const box of document.getElementsByName(all.dataset.chooses)) box.checked = all.checked;
  }
  if (all || event.target.name === "chosen") countChosen();
});

// A line of an ordered choice moves by a button; the places are numbered anew.
document.addEventListener("click", (event) => {
  const mover = event.target.closest("[data-moves]");
  if (!mover) return;
  const line = mover.closest("li");
  const other = mover.dataset.moves === "up" ? line.previousElementSibling : line.nextElementSibling;
  if (!other) return;
  if (mover.dataset.moves === "up") other.before(line);
  else other.after(line);
  [...line.parentElement.children].forEach((one, place) => {
    one.querySelector("[name^=place-]").value = place + 1;
  });
  mover.focus();
});

// A form is sent once; the server refuses doubles too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset)) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.setAttribute("aria-disabled", "true");
  }
});

// A page taken back from the browser's memory may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) {
      button.removeAttribute("aria-disabled");
    }
  }
});

document.addEventListener("htmx:afterSettle", (event) => announce(event.detail.elt));

window.addEventListener("DOMContentLoaded", () => {
  // Boxes may be ticked from the start: those that were chosen before.
  countChosen();
  const wanting = document.querySelector("[data-takes-focus]");
  if (wanting) wanting.focus({ preventScroll: true });
  const said = document.querySelector(".messages");
  if (said && live()) live().textContent = said.textContent.trim().replace(/\s+/g, " ");
});
