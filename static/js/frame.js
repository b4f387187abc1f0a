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

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-chooses]");
  if (!all) return;
  for (const box of document.getElementsByName(all.dataset.chooses)) box.checked = all.checked;
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
  const wanting = document.querySelector("[data-takes-focus]");
  if (wanting) wanting.focus();
  const said = document.querySelector(".messages");
  if (said && live()) live().textContent = said.textContent.trim().replace(/\s+/g, " ");
});
