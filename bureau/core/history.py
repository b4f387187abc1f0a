"""Change history: who changed what in which request, and why.

Triggers (`tracking`) keep the rows as they were; who and why travel with the database session or
transaction, from where the triggers take them.
"""

import datetime
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pghistory
from django.db import Error, connection, models
from django.http import HttpRequest, HttpResponse

from bureau.core.actors import Actor

_request_id: ContextVar[str] = ContextVar("request_id", default="")
#: Verbs that change nothing need no context, and save its round trip.
_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def request_id() -> str:
    """The number that ties together all that one request or one run of a job did; else empty."""
    return _request_id.get()


def attach(*, request: str, actor: Actor, reason: str = "", whole_session: bool = False) -> None:
    """Changes from here on are by this actor: in this transaction, or in this whole session."""
    _tell_session(
        request,
        json.dumps({"actor_id": actor.id, "actor": actor.text, "reason": reason}),
        whole_session=whole_session,
    )


def _tell_session(number: str, context: str, *, whole_session: bool) -> None:
    local = not whole_session
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, %s),"
            " set_config('pghistory.context_metadata', %s, %s)",
            [number, local, context, local],
        )


def explain(reason: str, *, actor: Actor) -> None:
    """Changes in the rest of this transaction carry the reason the person gave."""
    attach(request=request_id() or str(uuid.uuid4()), actor=actor, reason=reason)


@contextmanager
def numbered(number: str) -> Iterator[None]:
    """Audit events and changes made inside carry this request number."""
    token = _request_id.set(number)
    try:
        yield
    finally:
        _request_id.reset(token)


class HistoryContext:
    """Middleware: what one request changes carries its number and the member of staff.

    The number is also `request.request_id`, for the log and the error page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = str(uuid.uuid4())
        request.request_id = number  # type: ignore[attr-defined]
        actor = getattr(request, "actor", None)
        with numbered(number):
            if request.method in _READING or actor is None or actor.id is None:
                return self.get_response(request)
            attach(request=number, actor=actor, whole_session=True)
            try:
                return self.get_response(request)
            finally:
                self._detach()

    @staticmethod
    def _detach() -> None:
        """The pooled session forgets the request; one that cannot is closed for good."""
        try:
            _tell_session("", "", whole_session=True)
        except Error:
            if connection.connection is not None:
                connection.connection.close()


@dataclass(frozen=True)
class FieldChange:
    """One field of one change; values as stored."""

    field: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One change of one object: when, by whom, why, and what."""

    at: datetime.datetime
    kind: str
    actor: str
    reason: str
    request_id: str
    fields: list[FieldChange]


def changes_of(target: models.Model, limit: int = 50) -> list[Change]:
    """The object's latest changes, newest first; a removed object's history is still there."""
    event_model = _event_model(type(target))
    events = list(
        event_model._default_manager.filter(pgh_obj_id=target.pk)
        .select_related("pgh_context")
        .order_by("-pgh_id")[:limit]
    )
    names = [f for f in event_model._meta.fields if not f.name.startswith("pgh_")]
    changes = []
    newer: models.Model = target
    for event in events:
        removed = event.pgh_label == "delete"
        fields = [
            FieldChange(
                field=field.name,
                label=str(type(target)._meta.get_field(field.name).verbose_name),  # type: ignore[union-attr]
                before=getattr(event, field.attname),
                after=None if removed else getattr(newer, field.attname),
            )
            for field in names
            if removed or getattr(event, field.attname) != getattr(newer, field.attname)
        ]
        context = event.pgh_context.metadata if event.pgh_context else {}
        changes.append(
            Change(
                at=event.pgh_created_at,
                kind=event.pgh_label,
                actor=context.get("actor", ""),
                reason=context.get("reason", ""),
                request_id=str(event.pgh_context_id or ""),
                fields=fields,
            )
        )
        newer = event
    return changes


def _event_model(model: type[models.Model]) -> Any:
    found = pghistory.core.event_models(tracks_model=model)
    if not found:
        raise LookupError(f"{model._meta.label} keeps no change history")
    return found[0]
