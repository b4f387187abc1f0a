"""Cleans the cells of text columns and notes what a spreadsheet left in them."""

import polars as pl

from enrollment.choices import Fix, Reason
from enrollment.imports.findings import Findings
from enrollment.rules import identity

LONG_CELL = 500
"""Characters beyond which no column of a roster has use for a cell."""

LINE_BREAK = "[\n\r\x0b\x0c\x85\u2028\u2029]"
# A sign of formula before anything but a plain number, a date or a placeholder of hyphens.
FORMULA = r"^[=@]|^[+-][^0-9-]|^[+-][0-9].*[^0-9 .,-]"
WRAPPED = r'^="(.*)"$'
_SUSPECT = (
    "[\x00-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
    "|^[ '=+@-]| $|^[\"]"
)
_CODE = "^[0-9A-Za-z_-]*$"


def clean_text(cells: pl.Series, findings: Findings, *, formula_possible: bool) -> pl.Series:
    """Text without NUL, invisible signs, wrapping and outer spaces, line breaks made spaces.

    Nothing is evaluated, and nothing else is changed; empty becomes null.
    """
    _note_long(cells, findings)
    suspect = cells.str.contains(_SUSPECT).fill_null(value=False).arg_true()
    if not len(suspect):
        return cells
    text = cells.gather(suspect)
    findings.add_at(Fix.CELL_NUL, suspect.filter(text.str.contains("\0", literal=True)))
    text = text.str.replace_all("\0", "", literal=True)
    text = text.str.replace_all(f"[{identity.INVISIBLE}]", "")
    text = text.str.strip_chars(" \t\r\n\x0b\x0c\u00a0\u3000")
    findings.add_at(Fix.CELL_NEWLINE, suspect.filter(text.str.contains(LINE_BREAK)))
    text = text.str.replace_all(f"{LINE_BREAK}+", " ")
    text = text.str.replace(WRAPPED, "${1}").str.strip_prefix("'")
    if formula_possible:
        findings.add_at(Fix.CELL_FORMULA, suspect.filter(text.str.contains(FORMULA)))
    cleaned = cells.scatter(suspect, text)
    return cleaned.set((cleaned == "").fill_null(value=False), None)


def without_nul(cells: pl.Series, findings: Findings) -> pl.Series:
    """Cells without NUL bytes, for columns that have their own reader; line breaks are noted."""
    _note_long(cells, findings)
    broken = cells.str.contains("[\x00\n\r]").fill_null(value=False)
    if not broken.any():
        return cells
    nul = cells.str.contains("\0", literal=True)
    findings.add(Fix.CELL_NUL, nul)
    outer = cells.str.strip_chars(" \t\r\n\u00a0\u3000\x00")
    findings.add(Fix.CELL_NEWLINE, outer.str.contains(LINE_BREAK))
    return cells.str.replace_all("\0", "", literal=True)


def clean_code(cells: pl.Series, findings: Findings) -> pl.Series:
    """Code such as a household number or telephone, without spaces and in plain characters.

    A decimal ending that a spreadsheet added to a short code is dropped.
    """
    cells = clean_text(cells, findings, formula_possible=False)
    odd = (~cells.str.contains(_CODE)).fill_null(value=False).arg_true()
    if not len(odd):
        return cells
    text = cells.gather(odd).str.replace_all(f"[{identity.SPACES}]+", "")
    text = text.str.replace_many(list(identity.FULL_WIDTH), list(identity.FULL_WIDTH.values()))
    text = text.str.replace(r"^([0-9]{1,15})\.0+$", "${1}")
    return cells.scatter(odd, text)


def _note_long(cells: pl.Series, findings: Findings) -> None:
    # Bytes are known without counting characters; no text is longer in characters than in bytes.
    if (cells.str.len_bytes().max() or 0) > LONG_CELL:  # type: ignore[operator]
        findings.add(Reason.CELL_LONG, cells.str.len_chars() > LONG_CELL)
