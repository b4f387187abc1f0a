"""Legacy rosters, their rows as read, and how rows were linked to people."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from bureau.intake.models import Batch, BatchFile
from enrollment.choices import PairState, Scheme
from enrollment.models.decision_triggers import PAIR_HAS_PLACES
from enrollment.models.roster_values import UnderstoodRow


class Roll(models.Model):
    """The unified roll as one thing: a single row that says who is writing to it.

    `revision` grows with each batch applied, so that a linkage made before is known to be stale;
    `coverage_revision` grows when decisions change coverage and leave who is who as it was.
    """

    revision = models.BigIntegerField(default=0)
    coverage_revision = models.BigIntegerField(default=0)
    applying_batch = models.OneToOneField(
        "enrollment.RosterBatch", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("roll")
        verbose_name_plural = _("rolls")
        constraints = [models.CheckConstraint(name="roll_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.revision)


def roster_name(area: object, scheme: str, year: int, number: int) -> str:
    """Area, scheme, year and number of a roster in the reader's language."""
    return _("%(area)s · %(scheme)s %(year)s (no. %(number)s)") % {
        "area": area,
        "scheme": Scheme(scheme).label,
        "year": year,
        "number": number,
    }


class RosterBatch(Batch):
    """One roster: all files of one scheme, area and year that were handed in together."""

    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    households_declared = models.BigIntegerField(_("households declared"), null=True, blank=True)
    #: Staff numbers of all who worked on it; none of them approves it.
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True, db_default=[])
    approved_by_no = models.CharField(max_length=20, blank=True, db_default="")
    matched_revision = models.BigIntegerField(null=True, blank=True)
    persons_created = models.BigIntegerField(_("new people"), default=0)
    rows_attached = models.BigIntegerField(_("rows of people already known"), default=0)
    pairs_found = models.BigIntegerField(_("pairs for a clerk"), default=0)
    #: Rows of earlier rosters that wait, and whose person this one tells.
    rows_told = models.BigIntegerField(
        _("waiting rows of earlier rosters that find their person"), default=0, db_default=0
    )
    #: Of the rows held and rejected, those for which nothing more is to be done.
    review_settled = models.BigIntegerField(default=0, db_default=0)
    rejected_settled = models.BigIntegerField(default=0, db_default=0)

    class Meta(Batch.Meta):
        verbose_name = _("roster")
        verbose_name_plural = _("rosters")
        ordering = ["-id"]
        constraints = [
            *Batch.Meta.constraints,
            models.CheckConstraint(
                name="roster_approved_by_another",
                condition=Q(approved_by_no="") | ~Q(drafters__contains=[F("approved_by_no")]),
            ),
            models.CheckConstraint(
                name="roster_settled_are_among_held",
                condition=Q(review_settled__lte=F("rows_review"))
                & Q(rejected_settled__lte=F("rows_rejected")),
            ),
        ]
        indexes = [models.Index(fields=["area", "-id"], name="roster_by_area")]
        db_table_comment = "Rosters handed in, with the equation of their rows"

    def __str__(self) -> str:
        """Area, scheme, year and number in the reader's language."""
        return roster_name(self.area, self.scheme, self.year, self.pk)

    @property
    def open_review(self) -> int:
        """Held rows that wait for somebody."""
        return self.rows_review - self.review_settled

    @property
    def open_rejected(self) -> int:
        """Rejected rows about which something is to be done."""
        return self.rows_rejected - self.rejected_settled

    @property
    def open_rows(self) -> int:
        """Rows for which somebody has something to do."""
        return self.open_review + self.open_rejected

    @property
    def title(self) -> str:
        """The same in the bureau's language, for titles that are stored."""
        with override(settings.LANGUAGE_CODE):
            return str(self)


class RosterFile(BatchFile):
    """One file of a roster; content is unique among files that are not withdrawn.

    `told` is the scheme, area code and year that the file itself tells, and by what; `samples` are
    lines and values of its sheets for the one who confirms the columns.
    """

    batch = models.ForeignKey(RosterBatch, on_delete=models.PROTECT, related_name="files")
    told = models.JSONField(default=dict)
    samples = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("roster file")
        verbose_name_plural = _("roster files")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="roster_file_content_once", fields=["sha256"], condition=Q(withdrawn=False)
            )
        ]
        db_table_comment = "Files of rosters"


class RosterRow(UnderstoodRow):
    """One row of a roster file: what was written, what was understood, and its outcome.

    Unknown values are null, so that "not written" and "written as empty" are one thing. `version`
    counts its corrections; `confirmed` are reasons that people found to be right as they are;
    `is_settled` marks a row held back or rejected for which nothing more is to be done.
    """

    batch = models.ForeignKey(
        RosterBatch, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    file = models.ForeignKey(
        RosterFile, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    # Written by COPY, which names its columns: the database fills in these.
    version = models.SmallIntegerField(_("times corrected"), db_default=0)
    confirmed = ArrayField(models.TextField(), verbose_name=_("confirmed reasons"), db_default=[])
    is_settled = models.BooleanField(_("settled"), db_default=False)
    # Of a line that corrections added: the list whose household numbers it goes on with.
    home_file = models.ForeignKey(
        RosterFile, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    home_sheet = models.IntegerField(null=True)
    # The row of another edition of the roster that stands for this one: the former row of a line
    # that did not change, or the newer line that took its place.
    stands_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("roster row")
        verbose_name_plural = _("roster rows")
        constraints = [
            models.UniqueConstraint(
                name="roster_row_place_once", fields=["batch", "file", "sheet", "row_no"]
            )
        ]
        indexes = [
            # Serves the integration proof: rows of each file by outcome, from the index alone.
            models.Index(fields=["file", "outcome"], name="roster_row_by_file"),
            # Serves the list of a roster's rows, page by page.
            models.Index(fields=["batch", "id"], name="roster_row_by_batch"),
            # Serves the lists of the few rows that are not as they were written: those a clerk or
            # a county has to look at, and those that were repaired.
            models.Index(
                fields=["batch", "outcome", "id"],
                name="roster_row_not_accepted",
                condition=~Q(outcome="ACCEPTED"),
            ),
            # Serves the newborns whose number is to be completed, of all rosters.
            models.Index(
                fields=["batch"],
                name="roster_row_newborn",
                condition=Q(
                    reasons__contains=["NEWBORN_WITHOUT_NUMBER"],
                    outcome__in=["REVIEW", "REJECTED"],
                    is_settled=False,
                ),
            ),
            # And those who are on the roll under a temporary number.
            models.Index(
                fields=["batch"],
                name="roster_row_temporary_number",
                condition=Q(confirmed__contains=["NEWBORN_WITHOUT_NUMBER"], id_number=None),
            ),
            # Serves the rows for which another edition's row stands.
            models.Index(
                fields=["batch"],
                name="roster_row_stands_by",
                condition=Q(stands_by__isnull=False),
            ),
        ]
        db_table_comment = "Rows of roster files, raw and understood, each with one outcome"


class RosterLink(models.Model):
    """One roster row is certainly this person; `tier` says on which ground, `evidence` by what.

    `opens_file` marks the row from which the person's file is made, `holds_number` a row that bears
    its identity number out while nobody disputes it.
    """

    row = models.OneToOneField(
        RosterRow, primary_key=True, on_delete=models.PROTECT, related_name="link"
    )
    batch = models.ForeignKey(
        RosterBatch, on_delete=models.PROTECT, related_name="links", db_index=False
    )
    # No foreign key yet while the batch is only checked: the file is opened when it is applied.
    person_id = models.BigIntegerField()
    opens_file = models.BooleanField(default=False)
    holds_number = models.BooleanField(default=False)
    tier = models.CharField(_("tier"), max_length=30)
    score = models.FloatField(_("score"), default=1.0)
    # Codes of the evidence; none for a row that stands alone.
    evidence = ArrayField(models.TextField(), verbose_name=_("evidence"), default=list)
    # None where a person, and not a model, linked the row.
    model_version = models.ForeignKey(
        "enrollment.LinkageModelVersion",
        verbose_name=_("linkage model"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    # Of a row that had waited: the later roster that told whose it is. The row's own roster is
    # `batch`, as of every link.
    told_by = models.ForeignKey(
        RosterBatch,
        verbose_name=_("told by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.CheckConstraint(
                name="link_score_is_a_share", condition=Q(score__gte=0) & Q(score__lte=1)
            ),
            models.CheckConstraint(
                name="link_told_by_another_roster",
                condition=Q(told_by=None) | ~Q(told_by=F("batch")),
            ),
        ]
        indexes = [
            # Serves the source rows of a person's file, and applying by ranges of people.
            models.Index(fields=["person_id"], name="link_by_person"),
            models.Index(fields=["batch", "person_id"], name="link_by_batch_and_person"),
            # Serves applying and undoing a roster: the waiting rows whose person it told.
            models.Index(
                fields=["told_by", "person_id"],
                name="link_by_telling_roster",
                condition=Q(told_by__isnull=False),
            ),
        ]
        db_table_comment = "Which roster row is which person"

    def __str__(self) -> str:
        return f"{self.pk} {self.tier}"


class CandidatePair(models.Model):
    """Two roster rows that may be one person; a clerk decides. Unique by the two rows."""

    batch = models.ForeignKey(RosterBatch, on_delete=models.PROTECT, related_name="pairs")
    row_a = models.ForeignKey(RosterRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    row_b = models.ForeignKey(RosterRow, on_delete=models.PROTECT, related_name="+")
    score = models.FloatField(_("score"))
    evidence = ArrayField(models.TextField(), verbose_name=_("evidence"), default=list)
    # None for a pair that no model found.
    model_version = models.ForeignKey(
        "enrollment.LinkageModelVersion",
        verbose_name=_("linkage model"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    # Where the two rows belong, by which a pair is in a clerk's scope; the database fills them in.
    area_a = models.ForeignKey(
        "core.Area", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    area_b = models.ForeignKey(
        "core.Area", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(
        _("state"), max_length=20, choices=PairState.choices, default=PairState.OPEN
    )
    decided_by = models.CharField(_("decided by"), max_length=120, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("pair to decide")
        verbose_name_plural = _("pairs to decide")
        constraints = [
            models.UniqueConstraint(name="pair_once", fields=["row_a", "row_b"]),
            models.CheckConstraint(name="pair_in_order_of_rows", condition=Q(row_a__lt=F("row_b"))),
            models.CheckConstraint(
                name="pair_decision_is_complete",
                condition=Q(state="OPEN", decided_at=None, decided_by="")
                | (~Q(state="OPEN") & Q(decided_at__isnull=False) & ~Q(decided_by="")),
            ),
        ]
        indexes = [
            # Serves a clerk's queue, likeliest pair first.
            models.Index(
                fields=["batch", "-score", "id"],
                name="pair_open",
                condition=Q(state="OPEN"),
            ),
            # Serves the number of pairs that wait in the whole city, from the index alone.
            models.Index(
                fields=["batch", "state"],
                name="pair_waiting",
                condition=Q(state__in=["OPEN", "LATER", "DISPUTED"]),
            ),
            # Serve the pairs of a scope that wait, by either side.
            models.Index(
                fields=["area_a", "state"],
                name="pair_waiting_left",
                condition=Q(state__in=["OPEN", "LATER", "DISPUTED"]),
            ),
            models.Index(
                fields=["area_b", "state"],
                name="pair_waiting_right",
                condition=Q(state__in=["OPEN", "LATER", "DISPUTED"]),
            ),
        ]
        triggers = [PAIR_HAS_PLACES]
        db_table_comment = "Pairs of roster rows that a clerk is asked about"

    def __str__(self) -> str:
        return str(self.pk)
