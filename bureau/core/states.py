"""Changing the state of one row, where whoever comes second is told."""

from typing import Any, TypeVar

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bureau.core.errors import MovedOn

AnyModel = TypeVar("AnyModel", bound=models.Model)


def move_on(
    row: AnyModel,
    *,
    to: str,
    seen: str | None = None,
    field: str = "state",
    message: str | Promise | None = None,
    **also: Any,
) -> AnyModel:
    """The row goes from the state that was seen to the next, with other fields in the same update.

    `seen` is the state the row object has unless said. Raises MovedOn when the row in the database
    is in another state by now; then nothing changed.
    """
    before = getattr(row, field) if seen is None else seen
    rows = type(row)._default_manager.filter(pk=row.pk, **{field: before})
    if rows.update(**{field: to}, **also) != 1:
        raise MovedOn(
            "moved_on",
            message or _("Someone else has changed this meanwhile; look at its present state."),
            target=row,
        )
    for name, value in {field: to, **also}.items():
        setattr(row, name, value)
    return row
