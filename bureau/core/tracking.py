"""Which models keep the change history of their rows, and which are only ever added to."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pghistory
import pgtrigger
from django.db import models

AnyModel = TypeVar("AnyModel", bound=type[models.Model])


def tracked(*, exclude: Sequence[str] = ()) -> Callable[[AnyModel], AnyModel]:
    """Class decorator: each update and removal of a row leaves the row as it was before.

    One statement-level trigger each, so that set-based SQL pays once a statement. A change of
    excluded fields alone leaves nothing.
    """
    decorate: Callable[[AnyModel], AnyModel] = pghistory.track(
        pghistory.UpdateEvent(row="OLD", level=pgtrigger.Statement),
        pghistory.DeleteEvent(row="OLD", level=pgtrigger.Statement),
        exclude=list(exclude) or None,
        append_only=True,
    )
    return decorate


def append_only(constraint: str) -> pgtrigger.Trigger:
    """A trigger that refuses change and removal of a row under this constraint name."""
    return pgtrigger.Trigger(
        name="append_only",
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=(
            "RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME"
            f" USING ERRCODE = '23514', CONSTRAINT = '{constraint}';"
        ),
    )
