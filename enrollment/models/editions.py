"""Newer editions of a roster that stands on the roll, and how their lines compare with its rows."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant, say
from enrollment.choices.editions import LineState


class RosterEdition(models.Model):
    """A roster is a newer edition of another of the same area, scheme and year.

    `number` counts editions from the first roster, which is 1. While it is open, no second edition
    takes the place of the same roster; one that was withdrawn or undone is closed. `replaces` is
    the first of the rosters it replaces, all of which stand in `ReplacedRoster`.
    """

    batch = models.OneToOneField(
        "enrollment.RosterBatch",
        verbose_name=_("roster"),
        on_delete=models.PROTECT,
        related_name="edition",
    )
    replaces = models.ForeignKey(
        "enrollment.RosterBatch",
        verbose_name=_("former edition"),
        on_delete=models.PROTECT,
        related_name="newer_editions",
    )
    number = models.PositiveSmallIntegerField(_("edition"))
    is_open = models.BooleanField(default=True)
    #: Rows of places that the newer edition does not name are not compared: they stay as they are.
    only_places = models.BooleanField(default=False, db_default=False)
    #: Fields that are compared: those that the newer edition has a column for.
    compared = ArrayField(models.TextField(), default=list)
    left_reason = models.TextField(_("why coverage ends"), blank=True)
    left_by = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = _("edition of a roster")
        verbose_name_plural = _("editions of rosters")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="edition_one_open_of_a_roster",
                fields=["replaces"],
                condition=Q(is_open=True),
            ),
            models.CheckConstraint(name="edition_from_the_second", condition=Q(number__gte=2)),
            models.CheckConstraint(
                name="edition_replaces_another", condition=~Q(batch=F("replaces"))
            ),
        ]
        db_table_comment = "Rosters that are newer editions of others"

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"


class ReplacedRoster(models.Model):
    """A roster that a newer edition replaces, alone or together with other parts of the same list.

    The database adds the first with the edition, and opens and closes all of them with it.
    """

    edition = models.ForeignKey(
        RosterEdition, on_delete=models.PROTECT, related_name="replaced", db_index=False
    )
    roster = models.ForeignKey(
        "enrollment.RosterBatch",
        verbose_name=_("former edition"),
        on_delete=models.PROTECT,
        related_name="replaced_by",
    )
    is_open = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("roster replaced by an edition")
        verbose_name_plural = _("rosters replaced by editions")
        constraints = [
            models.UniqueConstraint(name="edition_part_once", fields=["edition", "roster"]),
            models.UniqueConstraint(
                name="edition_part_open_once", fields=["roster"], condition=Q(is_open=True)
            ),
        ]
        db_table_comment = "Rosters that newer editions replace"

    def __str__(self) -> str:
        return f"{self.edition_id} {self.roster_id}"


class EditionLine(models.Model):
    """One line of a newer edition, or one row that it leaves out.

    `fields` are those in which the line differs. `follows`: the line takes the place of the old row
    once it is clean; `is_taken`: it has, or the coverage of who is left out was ended. `before` is
    what stood then, so that it can be given back.
    """

    edition = models.ForeignKey(
        RosterEdition, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    state = models.CharField(_("comparison"), max_length=10, choices=LineState.choices)
    row = models.ForeignKey(
        "enrollment.RosterRow",
        verbose_name=_("row"),
        null=True,
        on_delete=models.PROTECT,
        related_name="edition_lines",
    )
    old_row = models.ForeignKey(
        "enrollment.RosterRow",
        verbose_name=_("row of the former edition"),
        null=True,
        on_delete=models.PROTECT,
        related_name="newer_lines",
    )
    fields = ArrayField(models.TextField(), verbose_name=_("fields changed"), default=list)
    follows = models.BooleanField(default=False)
    #: The last day of coverage of who is left out; none while it is kept.
    ends_on = models.DateField(_("last day of coverage"), null=True, blank=True)
    is_taken = models.BooleanField(default=False)
    before = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("line of an edition")
        verbose_name_plural = _("lines of editions")
        constraints = [
            models.UniqueConstraint(name="edition_line_once", fields=["edition", "row"]),
            models.UniqueConstraint(name="edition_old_row_once", fields=["edition", "old_row"]),
            models.CheckConstraint(
                name="edition_line_has_its_sides",
                condition=Q(state__in=["SAME", "CHANGED"], row__isnull=False, old_row__isnull=False)
                | Q(state="NEW", row__isnull=False, old_row=None)
                | Q(state="LEFT", row=None, old_row__isnull=False)
                | (Q(state="UNSURE") & (Q(row__isnull=False) | Q(old_row__isnull=False))),
            ),
            models.CheckConstraint(
                name="edition_ends_who_is_left_out", condition=Q(ends_on=None) | Q(state="LEFT")
            ),
        ]
        indexes = [
            # Serves the list of an edition's lines, and their counts, state by state.
            models.Index(fields=["edition", "state", "id"], name="edition_line_by_state"),
        ]
        db_table_comment = "Lines of newer editions beside the rows of the former"

    def __str__(self) -> str:
        return f"{self.edition_id} {self.state}"


say(
    {
        "edition_one_open_of_a_roster": _(
            "A newer edition of this roster was handed in already; withdraw that one first."
        ),
        "edition_part_once": _("The edition replaces this roster already."),
        "edition_part_open_once": _(
            "A newer edition of this roster was handed in already; withdraw that one first."
        ),
        "edition_stands": _("Which roster an edition replaces never changes."),
        "edition_from_the_second": _("The first edition of a roster is the roster itself."),
        "edition_replaces_another": _("A roster is no newer edition of itself."),
        "enrollment_rosteredition_batch_id_key": _("The roster is an edition of another already."),
        "edition_line_once": _("The line is part of this edition already."),
        "edition_old_row_once": _("The row was compared with another line of this edition."),
        "edition_line_has_its_sides": _(
            "A line that is unchanged or changed has its former row, a new one has none."
        ),
        "edition_ends_who_is_left_out": _(
            "Only the coverage of people whom the edition leaves out is ended by it."
        ),
    }
)


@invariant(
    "row_stands_once_in_editions",
    _("A row for which another edition's row stands is linked to nobody and covers nobody."),
)
def _stands_once() -> str:
    return """
        SELECT staged.id, staged.stands_by_id FROM enrollment_rosterrow staged
        JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
        WHERE staged.stands_by_id IS NOT NULL AND batch.state NOT IN ('CANCELLED', 'UNDONE')
          AND (EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = staged.id)
               OR EXISTS (SELECT FROM enrollment_coveragespell spell
                          WHERE spell.source_row_id = staged.id AND spell.state <> 'UNDONE'))
    """


@invariant(
    "row_is_stood_for_on_the_roll",
    _("The row that stands for an accepted row of another edition stands for a person."),
)
def _is_stood_for() -> str:
    # Of three editions the middle one's row may itself be replaced by the last.
    return """
        SELECT staged.id FROM enrollment_rosterrow staged
        JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id AND batch.state = 'APPLIED'
        JOIN enrollment_rosterrow other ON other.id = staged.stands_by_id
        WHERE staged.outcome IN ('ACCEPTED', 'FIXED') AND other.stands_by_id IS NULL
          AND NOT EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = other.id)
    """


@invariant(
    "edition_is_of_the_same_source",
    _("A newer edition is of the area, scheme and year of the roster it replaces."),
)
def _same_source() -> str:
    return """
        SELECT edition.id FROM enrollment_rosteredition edition
        JOIN enrollment_rosterbatch batch ON batch.id = edition.batch_id
        JOIN enrollment_replacedroster part ON part.edition_id = edition.id
        JOIN enrollment_rosterbatch former ON former.id = part.roster_id
        WHERE (batch.area_id, batch.scheme, batch.year)
              <> (former.area_id, former.scheme, former.year)
           OR edition.is_open AND (batch.state IN ('CANCELLED', 'UNDONE')
                                   OR former.state <> 'APPLIED')
    """
