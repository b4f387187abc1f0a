// The grid of a voucher: sums and difference as one types, in whole fen; "=" fills in what is missing.
// The page works without this, and the server counts by itself.
"use strict";

(() => {
  const grid = document.querySelector("[data-voucher]");
  if (!grid) return;
  const told = grid.querySelector("[data-difference]");
  const inputs = (side) => [...grid.querySelectorAll(`input[data-side=${side}]`)];

  // Fen of an amount as people type it; nothing for what is no amount yet.
  function fen(text) {
    const typed = text.normalize("NFKC").replace(/[\s,¥元]/g, "").match(/^(\d{1,16})(?:\.(\d{0,2}))?$/);
    return typed ? BigInt(typed[1]) * 100n + BigInt((typed[2] || "").padEnd(2, "0")) : 0n;
  }

  function written(amount) {
    const digits = (amount < 0n ? -amount : amount).toString().padStart(3, "0");
    const yuan = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
    return `${yuan}.${digits.slice(-2)}`;
  }

  const sum = (side) => inputs(side).reduce((all, input) => all + fen(input.value), 0n);

  function count() {
    const debit = sum("debit");
    const credit = sum("credit");
    grid.querySelector("[data-sum=debit]").textContent = written(debit);
    grid.querySelector("[data-sum=credit]").textContent = written(credit);
    const text = debit === credit ? grid.dataset.balanced : grid.dataset.differs;
    told.textContent = text.replace("{n}", written(debit - credit));
    told.classList.toggle("is-off", debit !== credit);
  }

  grid.addEventListener("input", count);
  grid.addEventListener("keydown", (event) => {
    const input = event.target.closest("input[data-side]");
    if (event.key === "=" && input) {
      event.preventDefault();
      input.value = "";
      const missing = input.dataset.side === "debit" ? sum("credit") - sum("debit") : sum("debit") - sum("credit");
      if (missing > 0n) input.value = written(missing);
      count();
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.target.matches("input, select")) {
      // Enter goes on to the next field, as accountants are used to; the button sends.
      event.preventDefault();
      const fields = [...grid.querySelectorAll("input, select")];
      const next = fields[fields.indexOf(event.target) + 1];
      (next || document.querySelector("form[data-once] .button-main")).focus();
    }
  });
  count();
})();
