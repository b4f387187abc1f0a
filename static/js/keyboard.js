// Keys of the portal; the table of them is in templates/components/keys.html. Single keys can be
// switched off (WCAG 2.1.4) and never act while the reader types.
"use strict";

(() => {
  const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
  let after = "";
  let forget = 0;

  const isTyping = (target) => target instanceof Element && target.matches(TYPING);
  const singleKeys = () => document.body.dataset.shortcuts === "on";

  function searchField() {
    return document.querySelector("[data-search], form[data-query] input:not([type=hidden])");
  }

  function go(address) {
    if (address) window.location.assign(address);
  }

  function second(key) {
    const places = { h: document.body.dataset.home, t: document.body.dataset.todo };
    after = "";
    if (!(key in places)) return false;
    go(places[key]);
    return true;
  }

  function single(event) {
    if (after === "g") return second(event.key);
    if (event.key === "/") {
      const field = searchField();
      if (!field) return false;
      field.focus();
      if (field.select) field.select();
      return true;
    }
    if (event.key === "?") {
      document.getElementById("help").showModal();
      return true;
    }
    if (event.key === "j" || event.key === "k") {
      const step = document.querySelector(`a[data-step=${event.key === "j" ? "next" : "previous"}]`);
      if (!step) return false;
      go(step.href);
      return true;
    }
    if (event.key === "g") {
      after = "g";
      window.clearTimeout(forget);
      forget = window.setTimeout(() => { after = ""; }, 1500);
      return true;
    }
    return false;
  }

  function escape(event) {
    const drop = document.querySelector("details.drop[open], details.bar-menu[open]");
    if (drop) {
      drop.open = false;
      drop.querySelector("summary").focus();
      return true;
    }
    const query = event.target instanceof Element && event.target.closest("form[data-query]");
    if (!query) return false;
    go(query.dataset.reset);
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target instanceof Element && event.target.closest("form[method=post]");
      if (form) {
        event.preventDefault();
        form.requestSubmit(form.querySelector(".button-main"));
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (escape(event)) event.preventDefault();
      return;
    }
    if (singleKeys() && !isTyping(event.target) && single(event)) event.preventDefault();
  });
})();
