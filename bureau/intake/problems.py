"""The words for every problem a file can have: what is wrong, and what the sender can do."""

import dataclasses
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bureau.intake.shapes import Problem


@dataclasses.dataclass(frozen=True, slots=True)
class Wording:
    """A message and a remedy; `%(name)s` is filled from the problem's place, value and facts."""

    message: str | Promise
    remedy: str | Promise


SAVE_AGAIN = _("Open the file in a spreadsheet program and save it again as .xlsx or as CSV UTF-8.")
PACK_AGAIN = _("Pack the files anew as an ordinary ZIP archive, or send them without packing.")
CHECK_ROW = _("Check this row in the original file and correct it there or here.")

WORDINGS: dict[str, Wording] = {
    # The whole file is refused.
    "FILE_EMPTY": Wording(_("The file is empty."), _("Choose the right file and upload it again.")),
    "FILE_TOO_LARGE": Wording(
        _("The file has %(value)s bytes; the limit is %(limit)s."),
        _("Split the file by township and upload the parts."),
    ),
    "FILE_UNREADABLE": Wording(_("The file cannot be read: %(value)s."), SAVE_AGAIN),
    "FILE_TRUNCATED": Wording(
        _("The workbook is damaged or incomplete: %(value)s."),
        _("The transfer may have been cut short. Fetch the file again, or save it again."),
    ),
    "KIND_UNKNOWN": Wording(
        _("This is neither a text table nor an Excel workbook (%(value)s)."), SAVE_AGAIN
    ),
    "NOT_TEXT": Wording(
        _("This is neither a text table nor an Excel workbook: its bytes are no text."),
        _("The file is damaged or of another kind, whatever its name says. Fetch it again."),
    ),
    "ARCHIVE_NOT_WORKBOOK": Wording(
        _("This is a compressed archive, not a workbook."),
        _("Unpack the archive and upload the files in it."),
    ),
    "ARCHIVE_TOO_LARGE": Wording(
        _("Unpacked, the workbook would take %(value)s bytes; the limit is %(limit)s."),
        _("Split the workbook by township, or save it as CSV."),
    ),
    "ARCHIVE_RATIO": Wording(
        _("The workbook is packed %(value)s times; more than %(limit)s times is refused."),
        _("Save the sheets as CSV; large empty formatted areas are a common cause."),
    ),
    "ARCHIVE_MEMBERS": Wording(
        _("The workbook has %(value)s parts; the limit is %(limit)s."), SAVE_AGAIN
    ),
    "ARCHIVE_NAME": Wording(
        _("The workbook contains a part with a forbidden name: %(value)s."), SAVE_AGAIN
    ),
    "ARCHIVE_NESTED": Wording(
        _("The workbook contains another archive: %(value)s."),
        _("Remove embedded files and save the workbook again."),
    ),
    # An archive of several files, as corrections come back.
    "FILES_DAMAGED": Wording(
        _("The archive is damaged, or packed in a way that is not read (%(value)s)."), PACK_AGAIN
    ),
    "FILES_RATIO": Wording(
        _("The archive unpacks to %(value)s times its size; up to %(limit)s times is taken."),
        PACK_AGAIN,
    ),
    "FILES_TOO_LARGE": Wording(
        _("Unpacked, the archives sent together take %(value)s bytes or more; %(limit)s may be."),
        _("Send the files in several goes."),
    ),
    "WORKBOOK_ENCRYPTED": Wording(
        _("The workbook is protected by a password."),
        _("Save it without a password and upload it again."),
    ),
    "WORKBOOK_MACROS": Wording(
        _("The workbook contains macros."),
        _("Save it as .xlsx without macros and upload it again."),
    ),
    "WORKBOOK_DTD": Wording(
        _("The workbook contains document type declarations, which no spreadsheet program writes."),
        SAVE_AGAIN,
    ),
    "WORKBOOK_TOO_HEAVY": Wording(
        _("Reading the workbook took more memory or time than allowed (%(value)s)."),
        _("Split the workbook by township, or save it as CSV."),
    ),
    "SHEETS_TOO_MANY": Wording(
        _("The workbook has %(value)s sheets; the limit is %(limit)s."),
        _("Split the workbook and upload the parts."),
    ),
    "COLUMNS_TOO_MANY": Wording(
        _("The table has %(value)s columns; the limit is %(limit)s."),
        _("Remove the columns that are not needed. Was the right file chosen?"),
    ),
    "LINE_TOO_LONG": Wording(
        _("Near row %(place)s, one line has more than %(limit)s characters."),
        _("Line breaks may have been lost. Export the file again."),
    ),
    "ROWS_SKIPPED": Wording(
        _("The rows of the file leave more than %(limit)s empty rows between them."),
        _("Delete what stands far below the list, and save the file again."),
    ),
    "CELLS_COVERED": Wording(
        _("Up to row %(place)s, merged cells cover %(value)s places, far more than hold anything."),
        _("Split the merged cells and save the list as .xlsx or as CSV UTF-8."),
    ),
    "TAG_NOT_CLOSED": Wording(
        _("Near row %(place)s, a tag is not closed within %(limit)s characters."), SAVE_AGAIN
    ),
    # The file is read, and somebody should look.
    "ENCODING_UNCERTAIN": Wording(
        _("The character encoding is not certain; %(value)s was chosen."),
        _("Look at the sample lines. If names are garbled, choose another encoding."),
    ),
    "ENCODING_MIXED": Wording(
        _("The file is %(value)s, but some bytes do not belong to it."),
        _("The rows concerned are marked. Names in them must be checked."),
    ),
    "DELIMITER_UNCERTAIN": Wording(
        _("The separator of the columns is not certain; “%(value)s” was chosen."),
        _("Look at the sample lines before going on."),
    ),
    "FORMULAS": Wording(
        _("Sheet %(place)s has %(count)s formulas (first: %(value)s); stored results were read."),
        _("Check the results, or replace the formulas by values."),
    ),
    "FORMULAS_WITHOUT_RESULT": Wording(
        _("Sheet %(place)s has %(count)s formulas without a stored result (first: %(value)s)."),
        _("Open the workbook in a spreadsheet program, save it and upload it again."),
    ),
    "ERROR_CELLS": Wording(
        _("Sheet %(place)s has %(count)s cells with an error (first: %(value)s)."), CHECK_ROW
    ),
    "ROWS_HIDDEN": Wording(
        _("Sheet %(place)s has %(count)s hidden rows; they are read like all others."),
        _("Check whether they belong to the list."),
    ),
    # The columns are proposed, and only a person can say whether they are right.
    "PEOPLE_SIDE_BY_SIDE": Wording(
        _("Each row of sheet %(place)s holds several people side by side (%(value)s)."),
        _("Put the blocks one below the other, one person a row, and upload the file again."),
    ),
    "COLUMN_AMBIGUOUS": Wording(
        _("In sheet %(place)s, several columns may hold the same field: %(value)s."),
        _("Look at the samples and choose the column that holds each person's own value."),
    ),
    "VALUES_CONTRADICT_HEADING": Wording(
        _("In sheet %(place)s, the values below “%(value)s” are not what the heading says."),
        _("Look at the samples and choose the right column, or correct the heading."),
    ),
    "COLUMN_MISSING": Wording(
        _("No column of sheet “%(place)s” was recognised as %(value)s, which every roster needs."),
        _(
            "Name the column by its usual heading, or upload the file in the import centre and "
            "choose the column there."
        ),
    ),
    "COLUMNS_GUESSED": Wording(
        _("Sheet %(place)s has no heading; its columns were guessed from their values alone."),
        _("Compare the fields with the samples, or add a row of headings and upload it again."),
    ),
    # One row is affected; it is read and kept.
    "ENCODING_BROKEN": Wording(
        _("Some bytes of this row are no characters; they are shown as \\xNN."), CHECK_ROW
    ),
    "CHARACTER_LOST": Wording(
        _("A character of this row was lost before the file was sent."), CHECK_ROW
    ),
    "NUL_BYTE": Wording(_("This row contains NUL bytes."), CHECK_ROW),
    "CELL_TOO_LONG": Wording(
        _("A cell of this row is longer than any name or address."), CHECK_ROW
    ),
    "QUOTE_OPEN": Wording(
        _("A quotation mark in this row is never closed; the row was read without it."), CHECK_ROW
    ),
    "QUOTE_STRAY": Wording(_("A quotation mark in this row is not where one belongs."), CHECK_ROW),
    "CELLS_TOO_MANY": Wording(
        _("This row has more cells than the table has columns; they are kept as further cells."),
        CHECK_ROW,
    ),
    "CELLS_SHIFTED": Wording(
        _("This row has fewer cells than usual, and spaces do not tell which one is empty."),
        _("Export the file as CSV or as a workbook, so that empty cells keep their place."),
    ),
    "CELL_ERROR": Wording(
        _("A cell of this row holds a spreadsheet error such as #N/A."), CHECK_ROW
    ),
    "CELL_MERGED": Wording(
        _("A cell of this row is merged with the rows around it."),
        _("Split the merged cells and write the value into every row it belongs to."),
    ),
}


class SourceRefused(Exception):
    """The file as a whole cannot be taken; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def refuse(code: str, *, place: str = "", value: object = "", **facts: Any) -> SourceRefused:
    """The refusal to raise for `code`."""
    return SourceRefused(Problem(code=code, place=place, value=str(value), facts=facts))


def message_of(problem: Problem) -> str:
    """What is wrong, in the reader's language."""
    return _filled(WORDINGS[problem.code].message, problem)


def remedy_of(problem: Problem) -> str:
    """What the sender can do about it, in the reader's language."""
    return _filled(WORDINGS[problem.code].remedy, problem)


def _filled(text: str | Promise, problem: Problem) -> str:
    values = {"place": problem.place, "value": problem.value, "limit": "", "count": ""}
    return str(text) % {**values, **problem.facts}
