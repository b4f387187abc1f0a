"""The undoing of rosters that stood on the roll: who asked and approved, and what stood before."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant, say
from enrollment.choices import Outcome
from enrollment.choices.undo import UndoState


class RosterUndo(models.Model):
    """One roster is to be taken from the roll, or was; `figures` are what was shown beforehand.

    A second person approves it: none of those who worked on the roster, and not who asked.
    """

    batch = models.ForeignKey(
        "enrollment.RosterBatch",
        verbose_name=_("roster"),
        on_delete=models.PROTECT,
        related_name="undos",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=UndoState.choices, default=UndoState.ASKED
    )
    reason = models.TextField(_("reason"))
    figures = models.JSONField(default=dict)
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.CharField(_("asked by"), max_length=120)
    asked_by_staff = models.ForeignKey(
        "core.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    #: Staff numbers of all who worked on the roster, and of who asked; none of them approves it.
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True, db_default=[])
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    approved_by_no = models.CharField(max_length=20, blank=True, db_default="")
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    dropped_because = models.TextField(_("why not"), blank=True)

    class Meta:
        verbose_name = _("undoing of a roster")
        verbose_name_plural = _("undoings of rosters")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="undo_one_per_roster",
                fields=["batch"],
                condition=Q(state__in=["ASKED", "UNDOING", "DONE"]),
            ),
            models.CheckConstraint(name="undo_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="undo_after_second_person",
                condition=~Q(state__in=["UNDOING", "DONE"])
                | (Q(approved_at__isnull=False) & ~Q(approved_by="")),
            ),
            models.CheckConstraint(
                name="undo_approved_by_another",
                condition=Q(approved_by_no="") | ~Q(drafters__contains=[F("approved_by_no")]),
            ),
            models.CheckConstraint(
                name="undo_done_at_an_instant",
                condition=Q(state="DONE", done_at__isnull=False)
                | (~Q(state="DONE") & Q(done_at=None)),
            ),
        ]
        db_table_comment = "Rosters taken from the roll, each approved by a second person"

    def __str__(self) -> str:
        return str(self.batch_id)


class UndoneRow(models.Model):
    """One row whose person is another after the undoing: as it stood, and as it stands then.

    The rows of the roster itself stand for nobody then. Rows of rosters that were linked through
    them are linked anew. `place` orders people for the work: who exchange a row have one place.
    """

    undo = models.ForeignKey(
        RosterUndo, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    row = models.ForeignKey("enrollment.RosterRow", on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(
        "enrollment.RosterBatch", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    is_own = models.BooleanField(default=False)
    person_before = models.BigIntegerField(null=True)
    opened_file = models.BooleanField(default=False)
    #: What the link said beside the person.
    before = models.JSONField(default=dict)
    outcome_before = models.CharField(max_length=10, choices=Outcome.choices)
    reasons_before = ArrayField(models.TextField(), default=list)
    person_after = models.BigIntegerField(null=True)
    opens_file = models.BooleanField(default=False)
    holds_number = models.BooleanField(default=False)
    tier = models.CharField(max_length=30, blank=True)
    score = models.FloatField(default=1.0)
    evidence = ArrayField(models.TextField(), default=list)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reasons = ArrayField(models.TextField(), default=list)
    #: Of a row that had waited: the roster that tells whose it is then.
    told_by = models.ForeignKey(
        "enrollment.RosterBatch", null=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    place = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("row of an undoing")
        verbose_name_plural = _("rows of undoings")
        constraints = [
            models.UniqueConstraint(name="undone_row_once", fields=["undo", "row"]),
            models.CheckConstraint(
                name="undone_row_of_the_roster_stands_for_nobody",
                condition=Q(is_own=False) | Q(person_after=None),
            ),
        ]
        indexes = [
            # Serves the work by ranges of people.
            models.Index(fields=["undo", "place"], name="undone_row_by_place"),
        ]
        db_table_comment = "Rows as they stood before a roster was undone, and after it"

    def __str__(self) -> str:
        return f"{self.undo_id}:{self.row_id}"


say(
    {
        "undo_one_per_roster": _("The undoing of this roster was asked for already."),
        "undo_has_a_reason": _("Say why the roster is to be undone."),
        "undo_after_second_person": _("A roster is undone only after a second person approved it."),
        "undo_approved_by_another": _(
            "You worked on this roster or asked for its undoing; another member of staff decides."
        ),
        "undo_done_at_an_instant": _("A finished undoing says when it was finished."),
        "undone_row_once": _("The row is part of this undoing already."),
        "undone_row_of_the_roster_stands_for_nobody": _(
            "A row of an undone roster stands for nobody."
        ),
    }
)


@invariant(
    "nothing_of_an_undone_roster_stands",
    _("No row of an undone roster stands for a person, gives coverage or bears out a number."),
)
def _nothing_stands() -> str:
    return """
        SELECT batch.id, link.row_id FROM enrollment_rosterbatch batch
        JOIN enrollment_rosterlink link ON link.batch_id = batch.id
        WHERE batch.state = 'UNDONE'
        UNION ALL
        SELECT batch.id, staged.id FROM enrollment_rosterbatch batch
        JOIN enrollment_rosterrow staged ON staged.batch_id = batch.id
        JOIN enrollment_coveragespell spell ON spell.source_row_id = staged.id
        WHERE batch.state = 'UNDONE' AND spell.state <> 'UNDONE'
        UNION ALL
        SELECT undo.batch_id, line.row_id FROM enrollment_rosterundo undo
        JOIN enrollment_undonerow line ON line.undo_id = undo.id AND line.is_own
        JOIN enrollment_personidentifier identifier
          ON identifier.person_id = line.person_before AND identifier.source_row_id = line.row_id
        WHERE undo.state = 'DONE'
    """


@invariant(
    "roster_undone_on_record",
    _("An undone roster has its approved undoing, and no other roster has a finished one."),
)
def _undone_on_record() -> str:
    return """
        SELECT batch.id, undo.id FROM enrollment_rosterbatch batch
        FULL JOIN (SELECT * FROM enrollment_rosterundo WHERE state = 'DONE') undo
               ON undo.batch_id = batch.id
        WHERE (batch.state = 'UNDONE') IS DISTINCT FROM (undo.id IS NOT NULL)
    """


@invariant(
    "told_by_a_roster_that_stands",
    _("A row whose person a later roster told waits again once that roster stands no more."),
)
def _told_by_a_standing_roster() -> str:
    return """
        SELECT link.row_id, link.told_by_id FROM enrollment_rosterlink link
        JOIN enrollment_rosterbatch telling ON telling.id = link.told_by_id
        JOIN enrollment_rosterbatch own ON own.id = link.batch_id
        WHERE (telling.state <> 'APPLIED'
               AND telling.id IS DISTINCT FROM (SELECT applying_batch_id FROM enrollment_roll))
           OR own.state <> 'APPLIED'
              AND own.id IS DISTINCT FROM (SELECT applying_batch_id FROM enrollment_roll)
    """


@invariant(
    "pair_told_by_a_roster_has_its_people",
    _("A pair that a later roster answered has no row that waits."),
)
def _told_pairs_have_their_people() -> str:
    return """
        SELECT pair.id FROM enrollment_candidatepair pair
        LEFT JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
        LEFT JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
        WHERE pair.state = 'TOLD' AND (a.row_id IS NULL OR b.row_id IS NULL)
    """
