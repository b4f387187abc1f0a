"""Which lines of a person stay in a roster where another of them is left out."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from enrollment.choices import Outcome
from enrollment.models import RosterLink, RosterRow

#: Lines that bring nothing: they do not stay for anybody.
_GONE = (Outcome.REJECTED, Outcome.NOT_RECORD)


def _grouped(
    rows: Iterable[RosterRow], key: Callable[[RosterRow], Any]
) -> dict[Any, list[RosterRow]]:
    found: dict[Any, list[RosterRow]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def lines_staying(
    rows: Sequence[RosterRow], *, without: QuerySet[RosterRow] | None = None
) -> dict[int, list[RosterRow]]:
    """By row of one roster, the other lines of the same person that stay; in a fixed number of
    queries. `without` are rows that are left out together with these."""
    if not rows:
        return {}
    batch = rows[0].batch_id
    persons = dict(
        RosterLink.objects.filter(row__in=[row.pk for row in rows]).values_list("row", "person_id")
    )
    staying = RosterRow.objects.filter(batch=batch).exclude(outcome__in=_GONE)
    staying = staying.exclude(is_settled=True).exclude(pk__in=[row.pk for row in rows])
    if without is not None:
        staying = staying.exclude(pk__in=without.order_by().values("pk"))
    by_person = _grouped(
        staying.filter(
            pk__in=RosterLink.objects.filter(
                batch=batch, person_id__in=set(persons.values())
            ).values("row")
        ).select_related("link", "file"),
        lambda row: row.link.person_id,
    )
    numbers = {row.id_number for row in rows if row.pk not in persons and row.id_number}
    by_number = _grouped(
        staying.filter(id_number__in=numbers).select_related("file"), lambda row: row.id_number
    )
    return {
        row.pk: by_person.get(persons[row.pk], [])
        if row.pk in persons
        else by_number.get(row.id_number, [])
        for row in rows
    }
