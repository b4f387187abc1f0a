"""Looks at people's data: on record before anything is shown, and at the pace of people.

Who looks at more people within a day than the work asks for, or at many of other counties, is
slowed down and named to the administrators; the figures are parameters.
"""

import datetime
from collections.abc import Sequence
from typing import Final

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureau.core import audit, health, parameters
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.models import AccessLog, Area, AuditEvent
from bureau.core.parameters import Parameter
from enrollment.models import CorrectedRow, Household, Person, RosterRow

#: Until the bureau decides otherwise: looks of one member of staff within a minute (more is how a
#: machine reads), within a day, and within a day at people outside the own areas.
PER_MINUTE: Final = 60
PER_DAY: Final = 600
ELSEWHERE_PER_DAY: Final = 20
#: Looks a minute for who is over the figures of a day.
SLOWED_TO: Final = 6
#: Acts of the audit trail that the administrators' status page tells of.
MANY, ELSEWHERE = "people.many_looks", "people.looks_elsewhere"
_SOURCE: Final = _("Set with the portal; the bureau's data rules have not fixed a figure yet.")
MINUTE = parameters.register(
    Parameter(
        "looks.per_minute",
        _("Looks at people within a minute"),
        _("Who looks at people faster has to wait; each attempt is on record."),
        _("looks"),
        default=PER_MINUTE,
        minimum=SLOWED_TO,
        maximum=600,
        source=_SOURCE,
    )
)
DAY = parameters.register(
    Parameter(
        "looks.per_day",
        _("Looks at people within 24 hours"),
        _("Who has looked at more is slowed down, and the administrators are told."),
        _("looks"),
        default=PER_DAY,
        minimum=20,
        maximum=10_000,
        source=_SOURCE,
    )
)
OUTSIDE = parameters.register(
    Parameter(
        "looks.elsewhere_per_day",
        _("Looks at people outside the own areas within 24 hours"),
        _("Who has looked at more is slowed down, and the administrators are told."),
        _("looks"),
        default=ELSEWHERE_PER_DAY,
        minimum=1,
        maximum=1_000,
        source=_SOURCE,
    )
)
health.watch_acts(MANY, ELSEWHERE)
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
    audit.log_accesses(subjects, REVIEW, by=by, at=at, fields=fields, address=address)
    expect_human_pace(at=at, by=by)


def expect_human_pace(*, at: datetime.datetime, by: Actor) -> None:
    """The looks on record are not more than a person reads. Raises TooManyLooks.

    Over the figures of a day the pace is a tenth of the usual, and the audit trail says so once.
    """
    limits = parameters.values([MINUTE.key, DAY.key, OUTSIDE.key], timezone.localtime(at).date())
    minute = at - datetime.timedelta(minutes=1)
    own_areas = Q(area_path="")
    for path in by.scope().paths:
        own_areas |= Q(area_path__startswith=path)
    asked = ~Q(action=REVIEW)
    found = AccessLog.objects.filter(
        actor_id=by.staff_id or 0,
        subject_label__in=SUBJECTS,
        at__gt=at - datetime.timedelta(days=1),
    ).aggregate(
        minute=Count("pk", filter=Q(at__gt=minute)),
        day=Count("pk", filter=asked),
        elsewhere=Count("pk", filter=asked & ~own_areas),
    )
    is_slowed = False
    for kind, count, limit in (
        (MANY, found["day"], limits[DAY.key]),
        (ELSEWHERE, found["elsewhere"], limits[OUTSIDE.key]),
    ):
        if count >= limit:
            _tell_once(kind, count, at=at, by=by)
        is_slowed = is_slowed or count > limit
    pace = min(SLOWED_TO, limits[MINUTE.key]) if is_slowed else limits[MINUTE.key]
    if found["minute"] > pace:
        raise TooManyLooks(
            "too_many_looks",
            _(
                "You have looked at people more than %(limit)s times within a minute. Wait a "
                "minute, then go on; the attempts are on record."
            )
            if not is_slowed
            else _(
                "You have looked at unusually many people today, so it is %(limit)s a minute now. "
                "Wait a minute, then go on; the attempts are on record, and the security "
                "administrator was told."
            ),
            limit=pace,
        )


def _tell_once(kind: str, count: int, *, at: datetime.datetime, by: Actor) -> None:
    """The audit trail has one line a day of it, which the administrators' status page shows."""
    told = AuditEvent.objects.filter(
        kind=kind, actor_id=by.staff_id, at__gt=at - datetime.timedelta(days=1)
    )
    if not told.exists():
        audit.record(kind, by=by, at=at, looks=count, hours=24)
