"""The integration proof as a workbook: the figures of the page, as values and without formulas."""

from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bureau.core.money import LowerBound
from bureau.ui import formatting
from bureau.ui.export_files import BOUND_FORMAT
from enrollment.choices.double import ProofState
from enrollment.models import SignedProof
from enrollment.reports.proof_tables import Table, tables_of
from enrollment.selectors.proof import Proof

#: Nothing that is written becomes a formula, a link or a figure by its looks.
_AS_WRITTEN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDEST = 60
#: Han characters take the room of two Latin ones.
_LAST_NARROW = 0x2E80


def file_name(proof: Proof, file_format: str = "xlsx") -> str:
    """What the file is called: its subject, the year, and the moment it was made."""
    parts = [_("Integration proof"), str(proof.year) if proof.year else ""]
    moment = f"{formatting.local(proof.made_at):%Y%m%d-%H%M}"
    return f"{'-'.join(filter(None, [*parts, moment]))}.{file_format}"


def write_proof(path: Path, proof: Proof, *, by: str, signed: SignedProof | None = None) -> None:
    """The workbook stands at the path, in the language in force: what it is, then a sheet a table.

    `by` names who asked for it; `signed` is the proof that was laid down, if it is one.
    """
    with xlsxwriter.Workbook(str(path), _AS_WRITTEN) as book:
        digest = proof.digest()
        book.set_properties({"title": _("Integration proof"), "comments": f"SHA-256 {digest}"})
        writer = _Writer(book, digest)
        writer.cover(proof, by, signed)
        for table in tables_of(proof):
            writer.sheet(table)


class _Writer:
    """Writes the sheets of one workbook; its formats belong to the workbook."""

    def __init__(self, book: Any, digest: str) -> None:
        self.book = book
        self.digest = digest
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "valign": "vcenter",
                "bottom": 1,
                "bg_color": "#eef3f8",
            }
        )
        self.formats = {
            "text": book.add_format({"num_format": "@"}),
            "number": book.add_format({"num_format": "#,##0"}),
            "percent": book.add_format({"num_format": "0.0%"}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "bound": book.add_format({"num_format": BOUND_FORMAT}),
        }
        self.totals = {
            kind: book.add_format({"bold": True, "top": 1, "num_format": form})
            for kind, form in (
                ("text", "@"),
                ("number", "#,##0"),
                ("percent", "0.0%"),
                ("money", "#,##0.00"),
                ("bound", BOUND_FORMAT),
            )
        }

    def cover(self, proof: Proof, by: str, signed: SignedProof | None) -> None:
        """What this is, over what, when it was made, who signed it, and the digest by which it is
        known again."""
        facts = [
            (_("Made at"), formatting.instant_seconds(proof.made_at)),
            (_("Asked for by"), by),
            (_("Year"), str(proof.year) if proof.year else _("All years")),
            (_("Rosters"), formatting.number(len(proof.rosters))),
            (_("Rosters being read, not counted"), formatting.number(proof.unread_rosters)),
            (_("Drafts not handed over yet, not counted"), formatting.number(proof.drafts)),
            (_("Result"), verdict(proof)),
            (_("Baseline"), guard_said(proof)),
            (_("SHA-256 of the content"), self.digest),
            *((label, f"{name} {at}".strip()) for label, name, at in signatures(signed)),
        ]
        if signed is not None:
            facts[:0] = facts_of(signed)
        sheet = self.book.add_worksheet(_("Proof"))
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 1, 70)
        sheet.write_string(0, 0, _("Integration proof"), self.title)
        for place, (label, value) in enumerate(facts, start=2):
            sheet.write_string(place, 0, str(label), self.formats["text"])
            sheet.write_string(place, 1, str(value), self.formats["text"])
        self._print(sheet, frozen=False)

    def sheet(self, table: Table) -> None:
        """The table with its head frozen; figures are figures, all else is text."""
        sheet = self.book.add_worksheet(table.sheet_name)
        for column, head in enumerate(table.heads):
            sheet.write_string(0, column, str(head.label), self.head)
            sheet.set_column(column, column, _width(table, column))
        for place, line in enumerate(table.lines, start=1):
            self._line(sheet, place, table, line.values, self.formats)
        after = len(table.lines) + 1
        if table.total:
            self._line(sheet, after, table, table.total, self.totals)
            after += 1
        if table.note:
            sheet.write_string(after + 1, 0, str(table.note))
        sheet.freeze_panes(1, 1)
        self._print(sheet, frozen=True)

    def _line(
        self, sheet: Any, place: int, table: Table, values: list[Any], formats: dict[str, Any]
    ) -> None:
        for column, (head, value) in enumerate(zip(table.heads, values, strict=True)):
            if value is None or value == "":
                sheet.write_blank(place, column, None, formats["text"])
            elif head.kind in ("number", "percent", "money") and not isinstance(value, str):
                kind = "bound" if isinstance(value, LowerBound) else head.kind
                sheet.write_number(place, column, value, formats[kind])
            else:
                sheet.write_string(place, column, written(head.kind, value), formats["text"])

    def _print(self, sheet: Any, *, frozen: bool) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        if frozen:
            sheet.repeat_rows(0)
        sheet.set_footer(f"&L&8SHA-256 {self.digest}&R&8&P / &N")


def verdict(proof: Proof) -> str:
    """In one sentence whether everything adds up."""
    if not proof.holds:
        return _("Not every equation holds; the lines that differ are marked.")
    if is_settled(proof):
        return _("Every equation holds: no row and no person is lost.")
    # Accounted for is not insured: what still waits stands beside what adds up.
    return _(
        "Every equation holds: no row is lost. Not yet done: %(open)s rows wait or were sent back, "
        "%(not_applied)s records stand in rosters that are not applied; in %(areas)s areas "
        "participation is below the baseline, by %(below)s altogether."
    ) % {
        "open": formatting.number(proof.totals.waiting + proof.totals.rejected),
        "not_applied": formatting.number(proof.totals.not_applied),
        "areas": formatting.number(len(proof.below_baseline)),
        "below": formatting.number(proof.below),
    }


def is_settled(proof: Proof) -> bool:
    """Whether every roster is applied, nothing waits or was sent back, and no area is below its
    baseline: only then is nobody lost."""
    totals = proof.totals
    return not (totals.waiting or totals.rejected or totals.not_applied or proof.below_baseline)


def facts_of(signed: SignedProof) -> list[tuple[str, str]]:
    """Which proof this is and of which state of the roll."""
    return [
        (_("Number of the proof"), str(signed.pk)),
        (_("Area"), str(signed.area)),
        (_("State"), str(signed.get_state_display())),
        (_("Revision of the roll"), signed.revision),
        *([(_("Set aside"), aside_said(signed))] if signed.state == ProofState.SET_ASIDE else []),
    ]


def aside_said(signed: SignedProof) -> str:
    """Who set the proof aside, when, and why."""
    return _("%(at)s, asked for by %(who)s, approved by %(second)s: “%(reason)s”") % {
        "at": formatting.instant(signed.aside_at),
        "who": signed.aside_asked_by.full_name if signed.aside_asked_by else formatting.ABSENT,
        "second": signed.aside_by.full_name if signed.aside_by else formatting.ABSENT,
        "reason": signed.aside_reason,
    }


def signatures(signed: SignedProof | None) -> list[tuple[str, str, str]]:
    """Who signed and when; lines to sign by hand on a print of figures nobody laid down."""
    line = "____________________"
    if signed is None:
        return [(_("Made by (signature)"), line, ""), (_("Checked by (signature)"), line, "")]
    second = (line, "")
    if signed.signed_by is not None:
        second = (
            f"{signed.signed_by.full_name} ({signed.signed_by_no})",
            formatting.instant_seconds(signed.signed_at),
        )
    return [
        (
            _("Prepared by"),
            f"{signed.prepared_by.full_name} ({signed.prepared_by_no})",
            formatting.instant_seconds(signed.prepared_at),
        ),
        (_("Signed by the second person"), *second),
    ]


def guard_said(proof: Proof) -> str:
    """In one sentence whether anywhere participation is below the baseline, and by how much."""
    below = proof.below_baseline
    if not below:
        return _("In no area is participation below the baseline.")
    return ngettext(
        "In one area participation is below the baseline, by %(below)s: rows waiting, rows sent "
        "back, and people on the roll whom nobody insures.",
        "In %(n)s areas participation is below the baseline, by %(below)s: rows waiting, rows sent "
        "back, and people on the roll whom nobody insures.",
        len(below),
    ) % {"n": len(below), "below": formatting.number(proof.below)}


def written(kind: str, value: Any) -> str:
    """A value that is no figure, in words."""
    if kind == "mark":
        return _("yes") if value else _("NO")
    return str(value)


def _width(table: Table, column: int) -> int:
    texts = [str(line.values[column]) for line in table.lines]
    longest = max((_room(text) for text in texts), default=0)
    return min(max(longest + 2, 10), _WIDEST)


def _room(text: str) -> int:
    return sum(2 if ord(sign) >= _LAST_NARROW else 1 for sign in text)
