"""Until when a request should be decided: working days by its kind, a parameter of the bureau.

Days that differ from the week are reference data: values of the code tables `rest_day` (public
holidays) and `make_up_day` (weekend days that are worked), written like 20261001.
"""

import datetime
from collections.abc import Collection
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bureau.core import parameters
from bureau.core.models import CodeValue
from bureau.core.parameters import Parameter

REST, MAKE_UP = "rest_day", "make_up_day"
SATURDAY: Final = 5
#: Calendar days that hold the working days of any deadline, with the longest holidays.
FURTHEST: Final = 400


def key_of(kind: str) -> str:
    return f"deadline.{kind}"


def register(kind: str, label: str | Promise) -> None:
    """Requests of the kind have a deadline, which the bureau may change."""
    if key_of(kind) in {known.key for known in parameters.known()}:
        return
    parameters.register(
        Parameter(
            key_of(kind),
            label,
            _("Working days within which a request of this kind should be decided."),
            _("working days"),
            default=3,
            minimum=1,
            maximum=120,
            source=_("Set with the portal; the bureau has not fixed a figure yet."),
        )
    )


def due_at(kind: str, made_at: datetime.datetime) -> datetime.datetime:
    """The same time of day, so many working days after the request was made."""
    local = timezone.localtime(made_at)
    days = parameters.value(key_of(kind), local.date())
    last = after_working_days(local.date(), days, *exceptions())
    return local + (last - local.date())


def exceptions() -> tuple[set[datetime.date], set[datetime.date]]:
    """Days without work within the week, and weekend days that are worked."""
    found: dict[str, set[datetime.date]] = {REST: set(), MAKE_UP: set()}
    rows = CodeValue.objects.filter(table__code__in=[REST, MAKE_UP], is_active=True)
    for table, value in rows.values_list("table__code", "value"):
        try:
            found[table].add(datetime.datetime.strptime(value, "%Y%m%d").date())  # noqa: DTZ007
        except ValueError:
            # What is no day changes no deadline.
            continue
    return found[REST], found[MAKE_UP]


def after_working_days(
    first: datetime.date,
    days: int,
    rest: Collection[datetime.date] = (),
    make_up: Collection[datetime.date] = (),
) -> datetime.date:
    """The day that is so many working days after the first."""
    day = first
    for _step in range(FURTHEST):
        if not days:
            break
        day += datetime.timedelta(days=1)
        if day in make_up or (day.weekday() < SATURDAY and day not in rest):
            days -= 1
    return day
