"""Writing what was done (AuditEvent) and what was looked at (AccessLog); reading is for pages."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models
from django.utils.functional import Promise

from bureau.core import history
from bureau.core.actors import Actor, actor_from
from bureau.core.models import AccessLog, Area, AuditEvent, Staff

_words: dict[str, str | Promise] = {}


def say(words: Mapping[str, str | Promise]) -> None:
    """The words for kinds of acts stand ready; each app says its own."""
    _words.update(words)


def word_of(kind: str) -> str:
    """The words for a kind of act; the kind itself when no app said any."""
    return str(_words.get(kind, kind))


def latest_on(target: models.Model, limit: int) -> list[AuditEvent]:
    """The latest acts on the object, newest first."""
    acts = AuditEvent.objects.filter(
        target_label=target._meta.label_lower, target_id=str(target.pk)
    )
    return list(acts.order_by("-pk")[:limit])


def record(
    kind: str,
    *,
    by: Actor | Staff | str,
    at: datetime.datetime,
    target: models.Model | None = None,
    area: Area | None = None,
    **facts: object,
) -> AuditEvent:
    """One act stands in the audit trail, in the transaction of the act itself."""
    actor = actor_from(by)
    return AuditEvent.objects.create(
        at=at,
        kind=kind,
        actor_id=actor.id,
        actor_text=actor.text[:120],
        target_label=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        area_path=area.path if area else "",
        facts=facts,
        request_id=history.request_id(),
    )


def log_access(
    subject: models.Model | str,
    action: str,
    *,
    by: Actor | Staff,
    at: datetime.datetime,
    fields: Sequence[str] = (),
    row_count: int = 1,
    reason: str = "",
    area: Area | None = None,
    address: str | None = None,
) -> AccessLog:
    """A look at personal data stands in the access log; call it before the data are shown.

    `subject` is the object, or the label of a kind of object when many are shown. Raises the
    database's error when the row cannot be written: then nothing may be shown.
    """
    look = _look(
        subject, action, by=by, at=at, fields=fields, row_count=row_count, reason=reason,
        area=area, address=address,
    )  # fmt: skip
    return AccessLog.objects.create(**look)


def log_accesses(
    subjects: Sequence[tuple[models.Model, Area]],
    action: str,
    *,
    by: Actor | Staff,
    at: datetime.datetime,
    fields: Sequence[str],
    address: str | None = None,
) -> None:
    """Looks at several people at once are in the access log, one row each with its area."""
    looks = (
        _look(subject, action, by=by, at=at, fields=fields, area=area, address=address)
        for subject, area in subjects
    )
    AccessLog.objects.bulk_create(AccessLog(**look) for look in looks)


def _look(
    subject: models.Model | str,
    action: str,
    *,
    by: Actor | Staff,
    at: datetime.datetime,
    fields: Sequence[str],
    row_count: int = 1,
    reason: str = "",
    area: Area | None = None,
    address: str | None = None,
) -> dict[str, Any]:
    """The columns of one look."""
    actor = actor_from(by)
    if actor.id is None:
        raise ValueError("personal data are shown to members of staff only")
    if isinstance(subject, str):
        label, number = subject, ""
    else:
        label, number = subject._meta.label_lower, str(subject.pk)
    return {
        "at": at,
        "actor_id": actor.id,
        "actor_text": actor.text[:120],
        "subject_label": label,
        "subject_id": number,
        "action": action,
        "fields": list(fields),
        "row_count": row_count,
        "reason": reason[:200],
        "area_path": area.path if area else "",
        "address": address,
        "request_id": history.request_id(),
    }
