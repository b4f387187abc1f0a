"""A record's change history and access log, in the words and masks of its page."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import history
from bureau.core.models import AccessLog
from bureau.ui import formatting

ACTS = {"update": gettext_lazy("Changed"), "delete": gettext_lazy("Removed")}
LOOKS = {
    "view": gettext_lazy("Looked at"),
    "reveal": gettext_lazy("Revealed"),
    "export": gettext_lazy("Taken as a file"),
    "print": gettext_lazy("Printed"),
    "review": gettext_lazy("Looked at in duplicate review"),
}


@dataclasses.dataclass(frozen=True)
class Difference:
    """One field before and after, as people read it."""

    label: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True)
class ShownChange:
    """One change as it is drawn."""

    at: datetime.datetime
    actor: str
    act: Any
    reason: str
    differences: list[Difference]


def changes_of(
    record: Model,
    *,
    masks: Mapping[str, Callable[[str], str]] | None = None,
    hidden: Collection[str] = (),
    limit: int = 50,
) -> list[ShownChange]:
    """The record's latest changes; fields in `masks` are masked, `hidden` ones are left out."""
    masks = masks or {}
    return [
        ShownChange(
            at=change.at,
            actor=change.actor,
            act=ACTS.get(change.kind, change.kind),
            reason=change.reason,
            differences=[
                Difference(
                    field.label,
                    _text(field.before, masks.get(field.field)),
                    _text(field.after, masks.get(field.field)),
                )
                for field in change.fields
                if field.field not in hidden
            ],
        )
        for change in history.changes_of(record, limit)
    ]


def _text(value: Any, mask: Callable[[str], str] | None) -> str:
    if value is None or value == "":
        return ""
    if mask is not None:
        return mask(str(value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime.datetime):
        return formatting.instant(value)
    if isinstance(value, datetime.date):
        return formatting.day(value)
    if isinstance(value, Decimal):
        return formatting.number(value)
    return str(value)


@dataclasses.dataclass(frozen=True)
class Look:
    """One look at a record as it is drawn."""

    at: datetime.datetime
    actor: str
    act: Any
    fields: str
    reason: str


def looks_at(record: Model, *, limit: int = 100) -> list[Look]:
    """Who looked at the record last, newest first."""
    rows = AccessLog.objects.filter(
        subject_label=record._meta.label_lower, subject_id=str(record.pk)
    ).order_by("-pk")[:limit]
    return [
        Look(
            row.at,
            row.actor_text,
            LOOKS.get(row.action, row.action),
            _(", ").join(map(str, row.fields)),
            row.reason,
        )
        for row in rows
    ]
