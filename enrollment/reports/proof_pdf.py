"""The integration proof as a print: the tables of the page, with signatures, as PDF."""

import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from bureau.ui import formatting, pdf
from enrollment.models import SignedProof
from enrollment.reports.proof import verdict, written
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
    revision: int | None = None,
) -> bytes:
    """The print in the language in force; `by` and `at` say who had it made and when."""
    facts = [
        [_("Counted at"), formatting.instant_seconds(proof.made_at)],
        [_("Year"), str(proof.year) if proof.year else _("All years")],
        [_("Rosters"), formatting.number(len(proof.rosters))],
        [_("Result"), verdict(proof)],
        [_("SHA-256 of the content"), digest],
    ]
    if revision is not None:
        facts.insert(1, [_("Revision of the roll"), str(revision)])
    if signed is not None:
        facts.insert(0, [_("Number"), str(signed.pk)])
        facts.insert(1, [_("Area"), str(signed.area)])
    return pdf.made(
        LAYOUT,
        {
            "title": _("Integration proof"),
            "lang": "en" if formatting.is_english() else "zh",
            "footer": _("Printed by %(by)s, %(at)s") % {"by": by, "at": formatting.instant(at)},
            "digest": digest,
            "page": _("Page {n} of {m}"),
            "facts": facts,
            "signatures": _signatures(signed),
            "nothing": _("Nothing to show here."),
            "tables": [_part(table) for table in tables_of(proof)],
        },
    )


def _signatures(signed: SignedProof | None) -> list[list[str]]:
    """Who signed and when; lines to sign by hand on a print of an unsigned proof."""
    line = "____________________"
    if signed is None:
        return [[_("Made by (signature)"), line, ""], [_("Checked by (signature)"), line, ""]]
    second = [_("Signed by the second person"), line, ""]
    if signed.signed_by is not None:
        second = [
            _("Signed by the second person"),
            signed.signed_by.full_name,
            formatting.instant_seconds(signed.signed_at),
        ]
    return [
        [
            _("Prepared by"),
            signed.prepared_by.full_name,
            formatting.instant_seconds(signed.prepared_at),
        ],
        second,
    ]


def _part(table: Table) -> dict[str, Any]:
    rows = [line.values for line in table.lines]
    if table.total:
        rows.append(table.total)
    return {
        "title": str(table.title),
        "heads": [str(head.label) for head in table.heads],
        "widths": [_WIDTHS.get(head.kind, 3) for head in table.heads],
        "right": [
            place for place, head in enumerate(table.heads) if head.kind in ("number", "percent")
        ],
        "lines": [
            [_cell(head.kind, value) for head, value in zip(table.heads, row, strict=True)]
            for row in rows
        ],
        "note": str(table.note),
    }


_WIDTHS = {"number": 2, "percent": 2, "mark": 1.5, "digest": 3}


def _cell(kind: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if kind == "number" and not isinstance(value, str):
        return formatting.number(value)
    if kind == "percent" and not isinstance(value, str):
        return formatting.percent(value)
    if kind == "digest":
        return f"{value[:SHORT_DIGEST]}…"
    return written(kind, value)
