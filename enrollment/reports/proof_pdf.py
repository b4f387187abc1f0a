"""The integration proof as a print: the tables of the page, with signatures, as PDF."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from bureau.ui import formatting, pdf
from enrollment.models import SignedProof
from enrollment.reports.proof import facts_of, guard_said, signatures, verdict, written
from enrollment.reports.proof_tables import Table, tables_of
from enrollment.selectors.proof import Proof

LAYOUT = Path(__file__).parent / "typst" / "proof.typ"
#: Signs of a digest that are printed in a table; the workbook has all of them.
SHORT_DIGEST = 16


def proof_as_pdf(
    proof: Proof,
    *,
    digest: str,
    by: str,
    at: datetime.datetime,
    signed: SignedProof | None = None,
    revision: str = "",
) -> bytes:
    """The print in the language in force; `by` and `at` say who had it made and when."""
    facts = [
        (_("Counted at"), formatting.instant_seconds(proof.made_at)),
        (_("Year"), str(proof.year) if proof.year else _("All years")),
        (_("Rosters"), formatting.number(len(proof.rosters))),
        (_("Result"), verdict(proof)),
        (_("Baseline"), guard_said(proof)),
        (_("SHA-256 of the content"), digest),
    ]
    if signed is not None:
        facts = facts_of(signed) + facts
    elif revision:
        facts.insert(0, (_("Revision of the roll"), revision))
    return pdf.made(
        LAYOUT,
        {
            "title": _("Integration proof"),
            "lang": "en" if formatting.is_english() else "zh",
            "footer": _("Printed by %(by)s, %(at)s") % {"by": by, "at": formatting.instant(at)},
            "digest": digest,
            "page": _("Page {n} of {m}"),
            "facts": facts,
            "signatures": signatures(signed),
            "nothing": _("Nothing to show here."),
            "tables": [_part(table) for table in tables_of(proof)],
        },
    )


def _part(table: Table) -> dict[str, Any]:
    rows = [line.values for line in table.lines]
    return {
        "title": str(table.title),
        "heads": [str(head.label) for head in table.heads],
        "widths": [_WIDTHS.get(head.kind, 3) for head in table.heads],
        "right": [
            place
            for place, head in enumerate(table.heads)
            if head.kind in ("number", "percent", "money")
        ],
        "lines": [_cells(table, row) for row in rows],
        "total": _cells(table, table.total) if table.total and rows else [],
        "note": str(table.note),
    }


_WIDTHS = {"number": 2, "percent": 2, "money": 2.6, "mark": 1.5, "digest": 3}
_FIGURES: dict[str, Callable[[Any], str]] = {
    "number": formatting.number,
    "percent": formatting.percent,
    "money": formatting.money,
}


def _cells(table: Table, row: list[Any]) -> list[str]:
    return [_cell(head.kind, value) for head, value in zip(table.heads, row, strict=True)]


def _cell(kind: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if kind in _FIGURES and not isinstance(value, str):
        return _FIGURES[kind](value)
    if kind == "digest":
        return f"{value[:SHORT_DIGEST]}…"
    return written(kind, value)
