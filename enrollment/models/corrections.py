"""Corrections of rosters' rows: as files or typed in, their lines, and the rows they superseded."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.tracking import append_only
from bureau.intake.models import BatchFile
from enrollment.choices import CorrectionSource, CorrectionState, LineVerdict
from enrollment.choices.doubts import PlaceDoubt
from enrollment.models.roster_values import UnderstoodRow


class RosterCorrection(models.Model):
    """Corrections of rows of one roster that are looked through, approved and applied together.

    `into_roll` says that the roster stood on the roll when they were submitted: then a second
    person approves them. Before that they go into the checked roster, which is approved as a whole.
    Each line read is counted once; released rows are further ones that another's correction frees.
    """

    batch = models.ForeignKey(
        "enrollment.RosterBatch",
        verbose_name=_("roster"),
        on_delete=models.PROTECT,
        related_name="corrections",
    )
    source = models.CharField(_("source"), max_length=10, choices=CorrectionSource.choices)
    state = models.CharField(_("state"), max_length=20, choices=CorrectionState.choices)
    into_roll = models.BooleanField(default=False)
    reason = models.TextField(_("reason"), blank=True)
    lines_read = models.BigIntegerField(_("lines read"), default=0)
    lines_new = models.BigIntegerField(_("new"), default=0)
    lines_changed = models.BigIntegerField(_("changed"), default=0)
    lines_same = models.BigIntegerField(_("same"), default=0)
    lines_wrong = models.BigIntegerField(_("still wrong"), default=0)
    lines_before = models.BigIntegerField(_("corrected before"), default=0)
    lines_unplaced = models.BigIntegerField(_("row not found"), default=0)
    rows_released = models.BigIntegerField(_("released"), default=0)
    rows_taken = models.BigIntegerField(_("rows taken"), default=0)
    matched_revision = models.BigIntegerField(null=True, blank=True)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.CharField(_("made by"), max_length=120)
    made_by_staff = models.ForeignKey(
        "core.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    confirmed_by = models.CharField(_("confirmed by"), max_length=120, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    #: Staff numbers of all who worked on it; none of them approves it.
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True, db_default=[])
    approved_by_no = models.CharField(max_length=20, blank=True, db_default="")
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    class Meta:
        verbose_name = _("correction of a roster")
        verbose_name_plural = _("corrections of rosters")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="correction_every_line_has_one_verdict",
                condition=Q(checked_at=None)
                | Q(
                    lines_read=F("lines_new")
                    + F("lines_changed")
                    + F("lines_same")
                    + F("lines_wrong")
                    + F("lines_before")
                    + F("lines_unplaced")
                ),
            ),
            models.CheckConstraint(
                name="correction_of_the_roll_after_second_person",
                condition=Q(into_roll=False)
                | ~Q(state__in=["APPLYING", "APPLIED"])
                | (Q(approved_at__isnull=False) & ~Q(approved_by="")),
            ),
            models.CheckConstraint(
                name="correction_approved_by_another",
                condition=Q(approved_by_no="") | ~Q(drafters__contains=[F("approved_by_no")]),
            ),
            models.UniqueConstraint(
                name="correction_one_in_work_per_roster",
                fields=["batch"],
                condition=Q(state="APPLYING"),
            ),
            # What a clerk types in gathers in one place until it is submitted.
            models.UniqueConstraint(
                name="correction_one_page_open_per_clerk",
                fields=["batch", "made_by_staff"],
                condition=Q(state="OPEN", source="PAGE"),
            ),
        ]
        db_table_comment = "Corrections of rosters' rows, handed in together"

    def __str__(self) -> str:
        return _("Corrections no. %(number)s") % {"number": self.pk}


class CorrectionFile(BatchFile):
    """One file of corrections; content is taken once, whatever it is called.

    `places` gives for each of its sheets the file and sheet of the roster that it corrects.
    """

    correction = models.ForeignKey(RosterCorrection, on_delete=models.PROTECT, related_name="files")
    places = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("file of corrections")
        verbose_name_plural = _("files of corrections")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="correction_file_content_once",
                fields=["sha256"],
                condition=Q(withdrawn=False),
            )
        ]
        db_table_comment = "Files of corrections"


class CorrectedRow(UnderstoodRow):
    """One line of corrections: the row it is of, as it would be then, and what that comes to.

    `sheet` and `row_no` are the place in the file of corrections; `raw` are the cells in the order
    of the roster's own file. `row_id` is the roster's row, or the number kept for a new one, which
    is no row before it is taken. `version_seen` is the row's version that was corrected. The person
    is filled in by linking; `place` orders the lines for applying, openers of files first.
    """

    correction = models.ForeignKey(
        RosterCorrection, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    file = models.ForeignKey(
        CorrectionFile, null=True, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    roster_file = models.ForeignKey(
        "enrollment.RosterFile",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    roster_sheet = models.IntegerField(null=True)
    row_id = models.BigIntegerField(null=True)
    version_seen = models.SmallIntegerField(null=True)
    verdict = models.CharField(_("comparison"), max_length=10, choices=LineVerdict.choices)
    note = models.TextField(_("reason"), blank=True, db_default="")
    confirmed = ArrayField(models.TextField(), verbose_name=_("confirmed reasons"), db_default=[])
    is_settled = models.BooleanField(_("settled"), db_default=False)
    #: Of a line whose row nobody can tell: why, and the numbers of rows that it may be of.
    doubt = models.CharField(
        _("why not placed"), max_length=20, choices=PlaceDoubt.choices, blank=True, db_default=""
    )
    doubt_rows = ArrayField(models.BigIntegerField(), db_default=[])
    is_taken = models.BooleanField(_("taken"), db_default=False)
    #: Whether its coverage was left as a decided case of double enrollment says.
    coverage_decided = models.BooleanField(_("coverage as decided"), db_default=False)
    place = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    opens_file = models.BooleanField(db_default=False)
    holds_number = models.BooleanField(db_default=False)
    tier = models.CharField(max_length=30, db_default="")
    score = models.FloatField(null=True)
    evidence = ArrayField(models.TextField(), db_default=[])

    class Meta(UnderstoodRow.Meta):
        verbose_name = _("line of corrections")
        verbose_name_plural = _("lines of corrections")
        constraints = [
            # NULLs differ: lines whose row was not found do not meet.
            models.UniqueConstraint(
                name="corrected_row_once_per_correction", fields=["correction", "row_id"]
            ),
        ]
        indexes = [
            # Serves the lists of lines by verdict.
            models.Index(fields=["correction", "verdict", "id"], name="corrected_row_by_verdict"),
            # Serves applying by ranges.
            models.Index(
                fields=["correction", "place"],
                name="corrected_row_by_place",
                condition=Q(place__isnull=False),
            ),
            # Serves what is under way about a row.
            models.Index(fields=["row_id"], name="corrected_row_by_row"),
        ]
        db_table_comment = "Lines of corrections, understood as the rows they would be"

    def __str__(self) -> str:
        return f"{self.correction_id}:{self.pk}"


class RosterRowVersion(models.Model):
    """A row of a roster as it was before a correction took its place; never changed or removed.

    `values` holds what had been understood, `link` the person it stood for, if any.
    """

    row = models.ForeignKey(
        "enrollment.RosterRow", on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    version = models.SmallIntegerField(_("version"))
    correction = models.ForeignKey(
        RosterCorrection, null=True, on_delete=models.PROTECT, related_name="superseded"
    )
    raw = models.TextField()
    outcome = models.CharField(_("outcome"), max_length=10)
    reasons = ArrayField(models.TextField(), verbose_name=_("reasons"), default=list)
    fixes = ArrayField(models.TextField(), verbose_name=_("repairs"), default=list)
    values = models.JSONField(default=dict)
    link = models.JSONField(null=True)
    replaced_at = models.DateTimeField(_("replaced at"))
    replaced_by = models.CharField(_("replaced by"), max_length=120)
    note = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("superseded row")
        verbose_name_plural = _("superseded rows")
        ordering = ["row", "version"]
        constraints = [
            models.UniqueConstraint(name="row_version_once", fields=["row", "version"]),
        ]
        triggers = [append_only("row_version_is_append_only")]
        db_table_comment = "Rows of rosters as they were before their corrections; append-only"

    def __str__(self) -> str:
        return f"{self.row_id} v{self.version}"


#: What a line's verdict is counted under.
COUNTERS = {
    LineVerdict.NEW: "lines_new",
    LineVerdict.CHANGED: "lines_changed",
    LineVerdict.SAME: "lines_same",
    LineVerdict.WRONG: "lines_wrong",
    LineVerdict.BEFORE: "lines_before",
    LineVerdict.UNPLACED: "lines_unplaced",
}
#: Verdicts of lines that are taken.
TAKEN = (LineVerdict.NEW, LineVerdict.CHANGED, LineVerdict.RELEASED)
