"""Forms of the roster pages: whose roster it is, its files, its columns, its confirmation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.forms import ConfirmImportForm, ImportForm

from bureau.core.choices import AreaLevel
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from bureau.intake.layouts import reason_of
from bureau.intake.shapes import ColumnMap, FileLayout, SheetLayout, normal_heading
from bureau.ui.forms import EntryForm, MoneyField, QueryForm, ReasonField, WholeNumberField
from enrollment.choices import Fix, Outcome, Reason, Scheme
from enrollment.choices.roster_work import RosterWait
from enrollment.imports.roster_fields import FIELD_BY_NAME, ROSTER_FIELDS
from enrollment.rules.shown_cells import LONGEST, shown_in_workbook
from enrollment.selectors.masked_row import field_of, masked_cell

#: The rural scheme began in 2003; no roster is older.
FIRST_YEAR = 2003
LAST_YEAR = 2099
#: Largest file that the maintenance pages take, in bytes.
MAINTENANCE_BYTES = 50 * 1024 * 1024
#: Characters of a cell beyond which it is typed on several lines.
LONG_CELL = 60


class FilesInput(forms.ClearableFileInput):
    """The input of several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; the value is a list. Each keeps its own error, with its name."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            raise ValidationError(_("Choose at least one file."), code="no_file")
        empty = [file.name for file in given if not file.size]
        if empty:
            raise ValidationError(
                _("“%(name)s” is empty. Take it away or send the right file."),
                code="empty_file",
                params={"name": empty[0]},
            )
        return list(given)


def uploads_field() -> FilesField:
    return FilesField(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy(
            "CSV, text, XLS or XLSX in any encoding, as the county made them. "
            "Files of several towns may be chosen together."
        ),
    )


class RosterForm(EntryForm):
    """Step 1: whose roster it is, what the sender declared, and its files."""

    area = forms.ChoiceField(label=gettext_lazy("Area"))
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=Scheme.choices)
    year = forms.IntegerField(
        label=gettext_lazy("Year"),
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        widget=forms.TextInput(attrs={"class": "input-short", "inputmode": "numeric"}),
        help_text=gettext_lazy("The year for which the roster was paid, with four digits."),
    )
    uploads = uploads_field()
    rows_declared = WholeNumberField(
        label=gettext_lazy("Records declared by the sender"),
        required=False,
        minimum=1,
        help_text=gettext_lazy(
            "From the covering letter. What was read is compared with it, so a cut-off file shows."
        ),
    )
    households_declared = WholeNumberField(
        label=gettext_lazy("Households declared by the sender"),
        required=False,
        minimum=1,
    )
    amount_declared = MoneyField(
        label=gettext_lazy("Amount declared by the sender (yuan)"),
        required=False,
        minimum=Decimal("0.00"),
    )
    note = forms.CharField(label=gettext_lazy("Remarks"), required=False, max_length=200)

    def __init__(self, *args: Any, areas: Sequence[Area], **options: Any) -> None:
        super().__init__(*args, **options)
        self._areas = {area.code: area for area in areas}
        offered = [(code, str(area)) for code, area in self._areas.items()]
        if len(offered) != 1:
            offered.insert(0, ("", _("Choose the area")))
        field: Any = self.fields["area"]
        field.choices = offered

    def clean_area(self) -> Area:
        """The area chosen, of those in which the clerk works."""
        return self._areas[self.cleaned_data["area"]]


class MaintenanceForm(ImportForm):  # type: ignore[misc]
    """The maintenance pages' first step: the file, and whose roster it is."""

    area = forms.ModelChoiceField(
        label=gettext_lazy("Area"),
        queryset=Area.objects.filter(level__in=[AreaLevel.CITY, AreaLevel.COUNTY]).order_by("path"),
    )
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=Scheme.choices)
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)

    def clean_import_file(self) -> UploadedFile[Any]:
        """Larger files go through the import centre, which does not hold them in memory."""
        file: UploadedFile[Any] = self.cleaned_data["import_file"]
        if (file.size or 0) > MAINTENANCE_BYTES:
            raise ValidationError(
                _("The file is larger than %(limit)s MB; a clerk sends it in the import centre."),
                code="file_too_large",
                params={"limit": MAINTENANCE_BYTES // 1024 // 1024},
            )
        return file


class MaintenanceConfirmForm(ConfirmImportForm):  # type: ignore[misc]
    """The second step: what was shown is handed over."""

    area = forms.ModelChoiceField(queryset=Area.objects.all(), widget=forms.HiddenInput)
    scheme = forms.ChoiceField(choices=Scheme.choices, widget=forms.HiddenInput)
    year = forms.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR, widget=forms.HiddenInput)


class FilesForm(EntryForm):
    """Further files for a roster that is still open."""

    uploads = uploads_field()


class CorrectionFilesForm(EntryForm):
    """Corrected problem files."""

    uploads = FilesField(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy("Workbooks, texts, or the archive (ZIP) in which several came."),
    )


class RepairForm(EntryForm):
    """One row's cells under the headings of its file, each of which may be typed anew."""

    def __init__(
        self, *args: Any, cells: Sequence[str], heads: Sequence[str], faulty: Mapping[int, str],
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **options)
        for at, (head, cell) in enumerate(zip(heads, cells, strict=True)):
            shown = shown_in_workbook(cell)
            is_long = len(shown) > LONG_CELL or "\n" in shown
            self.fields[f"cell-{at}"] = forms.CharField(
                label=head,
                required=False,
                strip=False,
                max_length=LONGEST,
                initial=shown,
                help_text=faulty.get(at, ""),
                widget=forms.Textarea(attrs={"rows": 3}) if is_long else forms.TextInput(),
            )

    def cells(self) -> list[str]:
        """What stands in the cells now."""
        return [self.cleaned_data[name] for name in self.fields]


class RightAsItIsForm(EntryForm):
    """Why a row is right as it is written, and by which evidence."""

    reason = ReasonField(label=gettext_lazy("Why it is right"))
    evidence = ReasonField(
        label=gettext_lazy("Evidence"),
        max_length=1000,
        help_text=gettext_lazy(
            "Which paper was seen, or who confirmed it and when; no identity numbers."
        ),
    )

    def evidence_text(self) -> str:
        """Reason and evidence in one text, as it is kept."""
        return f"{self.cleaned_data['reason']} · {self.cleaned_data['evidence']}"


class LeaveOutForm(EntryForm):
    """Why a line is left out."""

    reason = ReasonField(
        label=gettext_lazy("Why this line is left out"),
        help_text=gettext_lazy(
            "Which contribution stands or what became of the person, and who says so; no "
            "personal data."
        ),
    )


class SubmitCorrectionsForm(EntryForm):
    """Corrections are handed on, with the reason that the second person reads."""

    reason = ReasonField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("By which papers the rows were corrected, and who answers for it."),
    )


class ConfirmForm(EntryForm):
    """Step 5: the roster is handed to a second person; differences are acknowledged."""

    acknowledged = forms.BooleanField(
        label=gettext_lazy("I know the differences from what the sender declared"),
        error_messages={
            "required": gettext_lazy(
                "The roster differs from what the sender declared. Acknowledge the differences and "
                "give their reason, or withdraw the roster and ask the sender for the right file."
            )
        },
    )
    reason = ReasonField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy(
            "The second person reads it: what was checked, and why differences are in order."
        ),
    )

    def __init__(self, *args: Any, has_differences: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not has_differences:
            del self.fields["acknowledged"]


class WithdrawForm(EntryForm):
    """The roster is taken back before it is applied."""

    sure = forms.BooleanField(
        label=gettext_lazy("Withdraw this roster"),
        error_messages={"required": gettext_lazy("Tick the box if the roster is to be withdrawn.")},
    )


class UndoForm(EntryForm):
    """A roster that stands on the roll is to be taken back."""

    reason = ReasonField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("The second person reads it, and it stays on the roster's page."),
    )
    sure = forms.BooleanField(
        label=gettext_lazy("Take this roster from the roll"),
        error_messages={"required": gettext_lazy("Tick the box if the roster is to be undone.")},
    )


class ColumnsAgainForm(EntryForm):
    """A checked roster is read anew, by other columns."""

    sure = forms.BooleanField(
        label=gettext_lazy("Read the files anew by columns that I confirm again"),
        error_messages={"required": gettext_lazy("Tick the box if the files are to be read anew.")},
    )


class RosterQuery(QueryForm):
    """What rosters are asked for by."""

    area = forms.ChoiceField(label=gettext_lazy("Area"))
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=Scheme.choices)
    year = forms.IntegerField(
        label=gettext_lazy("Year"),
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=BatchState.choices)
    waits = forms.ChoiceField(label=gettext_lazy("Still to do"), choices=RosterWait.choices)

    def offer_areas(self, areas: Iterable[Area]) -> None:
        """The areas to choose from."""
        field: Any = self.fields["area"]
        field.choices = [("", _("All")), *((area.code, str(area)) for area in areas)]


class RowQuery(QueryForm):
    """What rows of a roster are asked for by."""

    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=Outcome.choices)
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason or repair"),
        choices=[
            (gettext_lazy("Reasons"), Reason.choices),
            (gettext_lazy("Repairs"), Fix.choices),
        ],
    )
    file = forms.ChoiceField(label=gettext_lazy("File"))

    def offer_files(self, files: Iterable[tuple[int, str]]) -> None:
        """The files to choose from."""
        field: Any = self.fields["file"]
        field.choices = [("", _("All")), *((str(number), name) for number, name in files)]


#: From these confidences on, a proposed field is called by these words.
CONFIDENCE = (
    (0.85, gettext_lazy("Certain")),
    (0.6, gettext_lazy("Likely")),
    (0.0, gettext_lazy("Uncertain, please check")),
)


@dataclasses.dataclass(frozen=True)
class SheetLine:
    """One sheet as its box is drawn: whether it is read, and why it was proposed so."""

    field: forms.BoundField
    name: str
    rows: int | None
    is_hidden: bool
    why: str


@dataclasses.dataclass(frozen=True)
class ColumnLine:
    """One column as it is drawn: heading, values, the field it feeds, and how sure that is."""

    letter: str
    heading: str
    values: list[str]
    field: forms.BoundField
    confidence: Any
    why: str
    is_doubtful: bool


@dataclasses.dataclass(frozen=True)
class SheetGroup:
    """Sheets with the same headings; their columns are confirmed once."""

    sheets: list[SheetLine]
    columns: list[ColumnLine]
    lines: list[Any]
    title: str
    is_kept: bool


def _masked_line(sheet: SheetLayout, cells: Sequence[str]) -> list[str]:
    """A line of a file by what its columns are taken for."""
    fields = {column.index: field_of(column) for column in sheet.columns}
    return [masked_cell(cell or "", fields.get(at, "")) for at, cell in enumerate(cells)]


class LayoutForm(EntryForm):
    """Step 2: which sheets of a file are read, and which field each column feeds.

    Sheets with the same headings stand together, so that a workbook of thirty towns is confirmed
    by one table.
    """

    def __init__(
        self, *args: Any, layout: FileLayout, samples: Mapping[str, Any], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.layout = layout
        self.samples = samples
        grouped: dict[tuple[str, ...], list[SheetLayout]] = {}
        for sheet in sorted(layout.sheets, key=lambda sheet: (not sheet.kept, sheet.sheet)):
            headings = tuple(normal_heading(column.header) for column in sheet.columns)
            grouped.setdefault(headings, []).append(sheet)
        self._grouped = list(grouped.values())
        offered = [("", _("– not used –")), *((f.name, str(f.label)) for f in ROSTER_FIELDS)]
        for sheets in self._grouped:
            for sheet in sheets:
                self.fields[f"keep-{sheet.sheet}"] = forms.BooleanField(
                    label=sheet.sheet_name or _("The whole file"),
                    required=False,
                    initial=sheet.kept,
                )
            for column in sheets[0].columns:
                self.fields[f"field-{sheets[0].sheet}-{column.index}"] = forms.ChoiceField(
                    label=_("Field of column “%(heading)s”") % {"heading": column.header},
                    required=False,
                    initial=column.field or "",
                    choices=offered,
                )

    def groups(self) -> list[SheetGroup]:
        """The form as it is drawn."""
        return [self._group(sheets) for sheets in self._grouped]

    def _group(self, sheets: list[SheetLayout]) -> SheetGroup:
        first = sheets[0]
        sample = self.samples.get(str(first.sheet), {})
        values = sample.get("values", [])
        lines = [self._sheet_line(sheet) for sheet in sheets]
        return SheetGroup(
            sheets=lines,
            columns=[
                self._column_line(first, column, values[at] if at < len(values) else [])
                for at, column in enumerate(first.columns)
            ],
            lines=[
                # What stands above the first record are titles and headings.
                [row_no, _masked_line(first, cells) if row_no >= first.first_row else cells]
                for row_no, cells in sample.get("lines", [])
            ],
            title=first.title,
            is_kept=any(line.field.value() for line in lines),
        )

    def _sheet_line(self, sheet: SheetLayout) -> SheetLine:
        shape = next(shape for shape in self.layout.shape.sheets if shape.number == sheet.sheet)
        return SheetLine(
            field=self[f"keep-{sheet.sheet}"],
            name=sheet.sheet_name,
            rows=shape.rows,
            is_hidden=shape.hidden,
            why=reason_of(sheet.why) if sheet.why else "",
        )

    def _column_line(self, sheet: SheetLayout, column: ColumnMap, values: list[str]) -> ColumnLine:
        words: Any = ""
        if column.field:
            words = next(words for least, words in CONFIDENCE if column.confidence >= least)
        return ColumnLine(
            letter=_letters(column.index),
            heading=column.header,
            values=[masked_cell(value, field_of(column)) for value in values],
            field=self[f"field-{sheet.sheet}-{column.index}"],
            confidence=words,
            why=_why(column),
            is_doubtful=bool(column.field) and column.confidence < CONFIDENCE[1][0],
        )

    def clean(self) -> dict[str, Any]:
        """No field twice, none missing that is needed, at least one sheet."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.kept():
            raise ValidationError(
                _("Keep at least one sheet, or remove the file from the roster."), code="no_sheet"
            )
        for sheets in self._grouped:
            if any(sheet.sheet in self.kept() for sheet in sheets):
                self._check_group(sheets)
        return cleaned

    def _check_group(self, sheets: list[SheetLayout]) -> None:
        feeding: dict[str, ColumnMap] = {}
        for column in sheets[0].columns:
            name = f"field-{sheets[0].sheet}-{column.index}"
            field = self.cleaned_data.get(name)
            if not field:
                continue
            if field in feeding:
                self.add_error(
                    name,
                    _(
                        "“%(field)s” is already fed by column “%(other)s”. Choose another field "
                        "for one of the two, or “not used”."
                    )
                    % {"field": FIELD_BY_NAME[field].label, "other": feeding[field].header},
                )
            feeding.setdefault(field, column)
        for needed in ROSTER_FIELDS:
            if needed.required and needed.name not in feeding:
                sheet = sheets[0].sheet_name
                text = (
                    _(
                        "No column feeds “%(field)s”, which every roster needs. Choose the column "
                        "that holds it (sheet “%(sheet)s”)."
                    )
                    if sheet
                    else _(
                        "No column feeds “%(field)s”, which every roster needs. Choose the column "
                        "that holds it."
                    )
                )
                self.add_error(None, text % {"field": needed.label, "sheet": sheet})

    def kept(self) -> list[int]:
        """The sheets to be read."""
        return [
            sheet.sheet
            for sheet in self.layout.sheets
            if self.cleaned_data.get(f"keep-{sheet.sheet}")
        ]

    def mapping(self) -> dict[int, dict[int, str]]:
        """By sheet and column, the field that the column feeds (empty: none)."""
        found: dict[int, dict[int, str]] = {}
        for sheets in self._grouped:
            fields = {
                column.index: self.cleaned_data[f"field-{sheets[0].sheet}-{column.index}"]
                for column in sheets[0].columns
            }
            found.update({sheet.sheet: fields for sheet in sheets})
        return found


def _why(column: ColumnMap) -> str:
    """Why the column is read as it is, and into which fields its cells are divided."""
    why = reason_of(column.why) if column.why else str(_("Chosen by a clerk."))
    if not column.pieces:
        return why
    fields = ", ".join(str(FIELD_BY_NAME[name].label) for name in column.fed)
    return f"{why} ({fields})"


def _letters(index: int) -> str:
    """The column's letters as a spreadsheet shows them: 0 is A, 26 is AA."""
    letters = ""
    while index >= 0:
        letters = chr(ord("A") + index % 26) + letters
        index = index // 26 - 1
    return letters
