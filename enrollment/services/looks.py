"""Looks at people's data: on record before anything is shown, and not too many in a minute."""

import datetime
from collections.abc import Sequence
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from bureau.core import audit
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.models import AccessLog, Area
from enrollment.models import CorrectedRow, Household, Person, RosterRow

#: Looks of one member of staff within a minute; more is how a machine reads.
PER_MINUTE: Final = 60
#: Looks within a day after which the audit trail has a line for the auditor.
PER_DAY: Final = 600
#: Rows of rosters and their corrections show as much of a person as the person's file does.
SUBJECTS: Final = tuple(
    model._meta.label_lower for model in (Person, Household, RosterRow, CorrectedRow)
)

#: The look at a pair that a clerk has to decide.
REVIEW: Final = "review"


class TooManyLooks(DomainError):
    """The member of staff looks faster than people read."""


def note(
    subject: models.Model | str,
    action: str,
    *,
    fields: Sequence[str],
    area: Area | None = None,
    row_count: int = 1,
    address: str | None = None,
    at: datetime.datetime,
    by: Actor,
) -> None:
    """The look is on record; call it before anything is shown.

    Raises TooManyLooks over the limit, which stays on record too, and the database's error when
    the log cannot be written: then nothing may be shown.
    """
    audit.log_access(
        subject,
        action,
        by=by,
        at=at,
        fields=fields,
        row_count=row_count,
        area=area,
        address=address,
    )
    expect_human_pace(at=at, by=by)


def note_pair(
    subjects: Sequence[tuple[models.Model, Area]],
    *,
    fields: Sequence[str],
    address: str | None = None,
    at: datetime.datetime,
    by: Actor,
) -> None:
    """The look at both sides of a pair is on record, one row a person or waiting row.

    Work that was handed to a clerk is no sign of curiosity, so the day's figure leaves it out.
    """
    for subject, area in subjects:
        audit.log_access(subject, REVIEW, by=by, at=at, fields=fields, area=area, address=address)
    expect_human_pace(at=at, by=by)


def expect_human_pace(*, at: datetime.datetime, by: Actor) -> None:
    """The looks on record are not more than a person reads. Raises TooManyLooks."""
    own = AccessLog.objects.filter(actor_id=by.staff_id or 0, subject_label__in=SUBJECTS)
    within_day = own.filter(at__gt=at - datetime.timedelta(days=1)).exclude(action=REVIEW).count()
    if within_day == PER_DAY:
        audit.record("people.many_looks", by=by, at=at, looks=within_day, hours=24)
    if own.filter(at__gt=at - datetime.timedelta(minutes=1)).count() > PER_MINUTE:
        raise TooManyLooks(
            "too_many_looks",
            _(
                "You have looked at people more than %(limit)s times within a minute. Wait a "
                "minute, then go on; the attempts are on record."
            ),
            limit=PER_MINUTE,
        )
