"""Acts of people on newer editions: naming one, and saying what becomes of who is left out.

How lines compare, and how they reach the roll, is in `imports.edition_compare` and `editions`.
"""

import datetime
from collections.abc import Collection, Iterable
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from bureau.core import audit
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.integrity import refusals
from bureau.core.transactions import whole
from bureau.intake.choices import BatchState
from enrollment.choices import Scheme
from enrollment.models import EditionLine, ReplacedRoster, RosterBatch, RosterEdition
from enrollment.selectors import editions as selectors
from enrollment.services import rosters

#: What the second person sees of an edition, by the words for it.
SUMMARY: Final = {
    "edition_of": _("Newer edition of"),
    "edition": _("Edition"),
    "only_places": _("Only these townships are compared"),
    "lines_same": _("Lines unchanged, not touched"),
    "lines_changed": _("Lines changed"),
    "lines_new": _("Lines new"),
    "lines_left": _("People left out"),
    "lines_unsure": _("Lines to be looked at"),
    "lines_waiting": _("Changed lines that wait; their former rows stand until then"),
    "left_ends": _("Of those left out, coverages that end"),
    "left_reason": _("Why coverage ends"),
}


@whole
def begin(
    *,
    batch: RosterBatch,
    replaces: RosterBatch,
    together: Collection[RosterBatch] = (),
    only_places: bool = False,
    at: datetime.datetime,
    by: Actor,
) -> RosterEdition:
    """The roster, still a draft, is a newer edition of the other, with which it will be compared.

    `together` are further parts of the same list that it replaces with that one. With `only_places`
    rows of townships that it does not name stay as they are. Raises `DomainError` for a roster that
    is not on the roll, is of another source, is being undone or has a newer edition already.
    """
    rosters.expect(batch, BatchState.DRAFT)
    # Locked, so that none is undone or replaced by another edition meanwhile.
    wanted = {replaces.pk, *(part.pk for part in together)}
    formers = list(
        RosterBatch.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
    )
    offered = {former.pk for former in selectors.offered_to(batch)}
    for former in formers:
        if former.pk not in offered:
            raise DomainError(
                "EDITION_NOT_POSSIBLE",
                _(
                    "Roster %(batch)s cannot be replaced: only a roster of the same area, scheme "
                    "and year that stands on the roll, is not being undone and has no newer "
                    "edition can."
                ),
                batch=former.pk,
            )
    known = RosterEdition.objects.filter(batch__in=formers).values_list("number", flat=True)
    with refusals():
        edition = RosterEdition.objects.create(
            batch=batch,
            replaces=replaces,
            number=max(known, default=1) + 1,
            only_places=only_places,
        )
        ReplacedRoster.objects.bulk_create(
            ReplacedRoster(edition=edition, roster=former)
            for former in formers
            # The database added the first.
            if former.pk != replaces.pk
        )
    rosters.note_drafters(batch, by.staff_no)
    facts = {"together": sorted(wanted)} if len(wanted) > 1 else {}
    audit.record(
        "roster.edition_begun",
        by=by,
        at=at,
        target=batch,
        area=batch.area,
        former=replaces.pk,
        **facts,
    )
    return edition


@whole
def keep_left_out(*, batch: RosterBatch, at: datetime.datetime, by: Actor) -> None:
    """Who is left out stays covered and stays listed."""
    edition = _checked(batch)
    EditionLine.objects.filter(edition=edition, ends_on__isnull=False).update(ends_on=None)
    RosterEdition.objects.filter(pk=edition.pk).update(left_reason="", left_by="")
    rosters.note_drafters(batch, by.staff_no)
    audit.record("roster.left_out_kept", by=by, at=at, target=batch, area=batch.area)


@whole
def end_left_out(
    *,
    batch: RosterBatch,
    ends_on: datetime.date,
    reason: str,
    lines: Iterable[int] | None = None,
    at: datetime.datetime,
    by: Actor,
) -> int:
    """The coverage of who is left out, or of the chosen lines, ends with that day; how many.

    Coverage of which a decided double enrollment tells is not among them: it stays as decided.
    Nothing ends before the edition is applied. Raises `DomainError` for a day outside the year, and
    for another reason than that of others chosen before.
    """
    edition = _checked(batch)
    _expect_day(batch, ends_on)
    found = selectors.standing_left(edition)
    if lines is not None:
        found = found.filter(pk__in=list(lines))
    _expect_one_reason(edition, reason.strip(), without=found)
    decided = list(selectors.decided_doubles(found).values_list("pk", flat=True))
    found = found.exclude(pk__in=decided)
    count = EditionLine.objects.filter(pk__in=found.values("pk")).update(ends_on=ends_on)
    if not count:
        raise DomainError(
            "NOBODY_LEFT_OUT",
            _(
                "No line left out stands for somebody whose coverage could end. Coverage of which "
                "a decided double enrollment tells stays as it was decided."
            ),
        )
    RosterEdition.objects.filter(pk=edition.pk).update(
        left_reason=reason.strip(), left_by=by.text[:120]
    )
    rosters.note_drafters(batch, by.staff_no)
    audit.record(
        "roster.left_out_ended",
        by=by,
        at=at,
        target=batch,
        area=batch.area,
        lines=count,
        ends_on=ends_on.isoformat(),
        note=reason.strip(),
    )
    return count


def _expect_one_reason(
    edition: RosterEdition, reason: str, *, without: QuerySet[EditionLine]
) -> None:
    """The second person sees one reason: others chosen before are not given a new one unasked."""
    others = EditionLine.objects.filter(edition=edition, ends_on__isnull=False)
    others = others.exclude(pk__in=without.values("pk"))
    # Locked, so that two clerks do not choose at once.
    edition = RosterEdition.objects.select_for_update(of=("self",)).get(pk=edition.pk)
    if edition.left_reason not in ("", reason) and others.exists():
        raise DomainError(
            "ENDS_FOR_ANOTHER_REASON",
            _(
                "Others are chosen whose coverage is to end because of: %(reason)s. An edition "
                "has one such reason: give the same one, or keep all who are left out and choose "
                "anew."
            ),
            reason=edition.left_reason,
        )


def _expect_day(batch: RosterBatch, ends_on: datetime.date) -> None:
    """Coverage ends within the roster's year, or before its first day: then it never began."""
    first = datetime.date(batch.year - 1, 12, 31)
    last = datetime.date(batch.year, 12, 31)
    if ends_on < first or (ends_on > last and batch.scheme != Scheme.UEBMI):
        raise DomainError(
            "ENDS_OUTSIDE_YEAR",
            _(
                "Choose a last day of coverage from %(first)s (nobody was covered at all) to "
                "%(last)s."
            ),
            first=first.isoformat(),
            last=last.isoformat(),
        )


def _checked(batch: RosterBatch) -> RosterEdition:
    rosters.expect(batch, BatchState.CHECKED)
    edition = RosterEdition.objects.filter(batch=batch, is_open=True).first()
    if edition is None:
        raise DomainError("NO_EDITION", _("This roster is no newer edition of another."))
    return edition
