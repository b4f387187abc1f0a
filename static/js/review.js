// Keys of the review of a pair. They act only while the comparison has the focus, can be switched
// off with the other single keys (WCAG 2.1.4), and do what the buttons of the page do.
"use strict";

(() => {
  const TYPING = "input:not([type=radio]), textarea, select, [contenteditable]";
  const review = document.querySelector("[data-review]");
  if (!review) return;
  const fields = [...review.querySelectorAll("[data-choice]")];
  let marked = 0;

  function mark() {
    fields.forEach((field, at) => field.classList.toggle("is-marked", at === marked));
  }

  function choose(side) {
    if (!fields.length) return false;
    fields[marked].querySelector(`input[value=${side}]`).checked = true;
    marked = (marked + 1) % fields.length;
    mark();
    return true;
  }

  review.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.body.dataset.shortcuts !== "on" || document.querySelector("dialog[open]")) return;
    if (event.target instanceof Element && event.target.matches(TYPING)) return;
    if (event.key === "1" || event.key === "2") {
      if (choose(event.key === "1" ? "LEFT" : "RIGHT")) event.preventDefault();
      return;
    }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    target.click();
    if (target.matches("input")) target.focus({ preventScroll: true });
  });

  mark();
})();
