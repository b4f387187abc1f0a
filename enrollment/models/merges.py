"""What decisions did to the roll: files merged, rows moved, and everything that followed them.

Merges and moves are append-only, and so is what undid them; from the list of what moved, every one
can be undone for ever.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enrollment.choices import PersonState, RowMoveState, Thing, ValueField
from enrollment.models.decision_triggers import TWO_LIVING_FILES, append_only, person_follows
from enrollment.models.decisions import PairDecision
from enrollment.models.people import Person
from enrollment.models.rosters import RosterRow


class RowMoveRequest(models.Model):
    """A clerk wants a wrongly linked row out of a file: into another one, or into one of its own.

    It is carried out after a second person approved it; `dropped_because` says why it was not.
    """

    row = models.ForeignKey(RosterRow, on_delete=models.PROTECT, related_name="+")
    from_person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    to_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500)
    state = models.CharField(
        _("state"), max_length=10, choices=RowMoveState.choices, default=RowMoveState.ASKED
    )
    dropped_because = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    by_text = models.CharField(_("asked by"), max_length=120)
    at = models.DateTimeField(_("asked at"))

    class Meta:
        verbose_name = _("wish to move a row")
        verbose_name_plural = _("wishes to move rows")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="row_move_one_open_wish",
                fields=["row"],
                condition=Q(state__in=["ASKED", "APPROVED"]),
            ),
            models.CheckConstraint(
                name="row_move_goes_elsewhere",
                condition=Q(to_person=None) | ~Q(to_person=F("from_person")),
            ),
            models.CheckConstraint(name="row_move_has_a_reason", condition=~Q(reason="")),
        ]
        db_table_comment = "Wishes to take a row out of a person's file"

    def __str__(self) -> str:
        return _("Row %(row)s out of file %(file)s") % {
            "row": self.row_id,
            "file": f"{self.from_person_id:012d}",
        }


class RowMove(models.Model):
    """One row came to a file, left it, or changed files: by a decision, or by an approved wish.

    Without `from_person` the row waited before; without `to_person` it waits again.
    """

    row = models.ForeignKey(RosterRow, on_delete=models.PROTECT, related_name="moves")
    from_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    to_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decision = models.ForeignKey(
        PairDecision, null=True, blank=True, on_delete=models.PROTECT, related_name="row_moves"
    )
    request = models.OneToOneField(
        RowMoveRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="move"
    )
    opened_file = models.BooleanField(default=False)
    by_text = models.CharField(max_length=120)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("move of a row")
        verbose_name_plural = _("moves of rows")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="row_move_from_or_to_somewhere",
                condition=(Q(from_person__isnull=False) | Q(to_person__isnull=False))
                & (Q(from_person=None) | Q(to_person=None) | ~Q(from_person=F("to_person"))),
            ),
            models.CheckConstraint(
                name="row_move_has_its_ground",
                condition=Q(decision__isnull=False, request=None)
                | Q(decision=None, request__isnull=False),
            ),
        ]
        triggers = [append_only("row_move_stands")]
        db_table_comment = "Rows that came to, left or changed files; append-only"

    def __str__(self) -> str:
        return f"{self.row_id} {self.from_person_id} {self.to_person_id}"


class PersonMerge(models.Model):
    """Two files became one: `absorbed` points at `kept`, everything it held lies there now.

    Rests on a decision, or on the move of its last row. `absorbed_state` is what the absorbed file
    was and will be again.
    """

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges")
    absorbed = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merged_by")
    absorbed_state = models.CharField(max_length=10, choices=PersonState.choices)
    decision = models.ForeignKey(
        PairDecision, null=True, blank=True, on_delete=models.PROTECT, related_name="merges"
    )
    row_move = models.ForeignKey(
        RowMove, null=True, blank=True, on_delete=models.PROTECT, related_name="merges"
    )
    by_text = models.CharField(max_length=120)
    at = models.DateTimeField(_("merged at"))

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="merge_of_two_files", condition=~Q(kept=F("absorbed"))),
            models.CheckConstraint(
                name="merge_of_an_unmerged_state", condition=~Q(absorbed_state="MERGED")
            ),
            models.CheckConstraint(
                name="merge_has_its_ground",
                condition=Q(decision__isnull=False, row_move=None)
                | Q(decision=None, row_move__isnull=False),
            ),
        ]
        triggers = [append_only("merge_stands"), TWO_LIVING_FILES, person_follows("NEW.id")]
        db_table_comment = "Merges of files; append-only"

    def __str__(self) -> str:
        return f"{self.absorbed_id} > {self.kept_id}"


class MergeUndo(models.Model):
    """A merge is no longer in effect: everything that moved is back. Once per merge."""

    merge = models.OneToOneField(PersonMerge, on_delete=models.PROTECT, related_name="undo")
    decision = models.ForeignKey(
        PairDecision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    by_text = models.CharField(max_length=120)
    at = models.DateTimeField(_("split at"))

    class Meta:
        verbose_name = _("split")
        verbose_name_plural = _("splits")
        triggers = [append_only("merge_undo_stands"), person_follows("NEW.merge_id")]
        db_table_comment = "Merges undone; append-only"

    def __str__(self) -> str:
        return str(self.merge_id)


class MovedThing(models.Model):
    """One thing went from one person to another by a merge, its undoing, or the move of a row.

    Without `from_person` it came into being, without `to_person` it went; with both alike its state
    changed. `before` keeps what would be lost. The first row about a thing names its home, the file
    that holds it when nothing is merged, unless a later one made it at home elsewhere.
    """

    kind = models.CharField(max_length=12, choices=Thing.choices)
    thing_id = models.BigIntegerField()
    from_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    to_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    row = models.ForeignKey(
        RosterRow, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at_home = models.BooleanField(default=False)
    before = models.JSONField(default=dict)
    merge = models.ForeignKey(
        PersonMerge, null=True, blank=True, on_delete=models.PROTECT, related_name="moved"
    )
    merge_undo = models.ForeignKey(
        MergeUndo, null=True, blank=True, on_delete=models.PROTECT, related_name="moved"
    )
    row_move = models.ForeignKey(
        RowMove, null=True, blank=True, on_delete=models.PROTECT, related_name="moved"
    )

    class Meta:
        verbose_name = _("thing moved")
        verbose_name_plural = _("things moved")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="moved_by_one_act",
                condition=Q(merge__isnull=False, merge_undo=None, row_move=None)
                | Q(merge=None, merge_undo__isnull=False, row_move=None)
                | Q(merge=None, merge_undo=None, row_move__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["kind", "thing_id", "id"], name="moved_by_thing")]
        triggers = [append_only("moved_thing_stands")]
        db_table_comment = "What moved with merges, splits and rows; append-only"

    def __str__(self) -> str:
        return f"{self.kind} {self.thing_id}"


class ValueChoice(models.Model):
    """A clerk chose which value a file shows; taken back with the merge or move it came with."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="value_choices")
    field = models.CharField(max_length=12, choices=ValueField.choices)
    before = models.JSONField()
    after = models.JSONField()
    decision = models.ForeignKey(PairDecision, on_delete=models.PROTECT, related_name="+")
    merge = models.ForeignKey(
        PersonMerge, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("value chosen")
        verbose_name_plural = _("values chosen")
        ordering = ["id"]
        triggers = [append_only("value_choice_stands")]
        db_table_comment = "Values of people that clerks chose; append-only"

    def __str__(self) -> str:
        return f"{self.person_id} {self.field}"
