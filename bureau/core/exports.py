"""Files of rows that leave the portal: who may take what alone, what a second person approves.

A file above a size, or with any field in full, waits for approval with its purpose and its end. It
is bound to its asker, ends by itself, can be revoked, and what it may hold is judged again when it
is made and each time it is fetched.
"""

import datetime
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit, jobs, parameters
from bureau.core.actors import Actor
from bureau.core.choices import UNFINISHED_JOB_STATES, ExportState, Role
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import AccessLog, ApprovalRequest, Area, DataExport, Job, Staff
from bureau.core.parameters import Parameter

JOB_KIND = "portal.export_list"
#: Large files are decided in the area; files with fields in full by the director or, for the whole
#: city, by the security administrator.
LARGE, IN_FULL = "core.export", "core.export_in_full"
LARGE_ROLES = (Role.REVIEWER, Role.FUND_REVIEWER, Role.DIRECTOR)
IN_FULL_ROLES = (Role.DIRECTOR, Role.SECURITY_ADMINISTRATOR)
#: A file with fields in full is fetched once.
FETCHES_IN_FULL = 1
SHORTEST_PURPOSE = 4

ROWS = parameters.register(
    Parameter(
        "export.rows",
        _("Rows taken without approval"),
        _(
            "A file with more rows needs a second person. For lists that show persons, all that "
            "one member of staff takes or prints within 24 hours counts together."
        ),
        _("rows"),
        default=1000,
        minimum=0,
        maximum=100_000,
        source=_("Set with the portal; the bureau's data rules have not fixed a figure yet."),
    )
)
HOURS = parameters.register(
    Parameter(
        "export.hours",
        _("Hours for which a file is open"),
        _("After them a file that was made is gone."),
        _("hours"),
        default=24,
        minimum=1,
        maximum=168,
        source=_("Set with the portal; the bureau's data rules have not fixed a figure yet."),
    )
)

SUMMARY = {
    "list": _("List"),
    "rows": _("Rows"),
    "columns": _("Fields"),
    "bare": _("Fields in full"),
    "query": _("Query"),
    "purpose": _("Purpose"),
    "hours": _("Hours for which a file is open"),
}


#: Parts of a wish that tell no two wishes apart.
_NOT_MARKED = ("rows", "labels", "asked", "is_whole")


class NeedsPurpose(DomainError):
    """The file needs a second person, so the asker has to say what it is for."""


@dataclass(frozen=True)
class Wish:
    """What is to be taken: a list as one member of staff sees it, and which of its fields."""

    list_id: str
    route: str
    kwargs: dict[str, Any]
    query: str
    columns: Sequence[str]
    file_format: str
    language: str
    rows: int
    paths: Sequence[str]
    is_personal: bool = False
    bare: Sequence[str] = ()
    row_numbers: Sequence[int] | None = None
    #: Words for the approval: the title of the list and its query.
    title: str = ""
    asked: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    #: Whether the title is that of every list of its kind: then each reader has it anew.
    is_whole: bool = False

    @property
    def mark(self) -> str:
        """Equal for equal wishes."""
        told = {k: v for k, v in asdict(self).items() if k not in _NOT_MARKED}
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def rows_taken(staff_id: int, at: datetime.datetime) -> int:
    """Rows about persons that this member of staff took or printed alone within a day."""
    since = at - datetime.timedelta(days=1)
    files = DataExport.objects.filter(
        asked_by=staff_id, asked_at__gt=since, is_personal=True, needs_approval=False
    ).aggregate(rows=Sum("rows_expected"))["rows"]
    printed = AccessLog.objects.filter(
        actor_id=staff_id, at__gt=since, action="print", row_count__gt=1
    ).aggregate(rows=Sum("row_count"))["rows"]
    return int(files or 0) + int(printed or 0)


def one_after_the_other(staff_id: int) -> None:
    """What this member of staff takes or prints is counted one by one until the transaction ends.

    Whoever counts `rows_taken` and then adds to it does both under this.
    """
    _lock(f"core.export of {staff_id}")


def needs_approval(wish: Wish, *, by: Actor, at: datetime.datetime, today: datetime.date) -> bool:
    """Whether a second person decides: a field in full, or more rows than may be taken alone."""
    if wish.bare:
        return True
    limit = parameters.value(ROWS.key, today)
    if wish.rows > limit:
        return True
    return wish.is_personal and rows_taken(by.staff_id or 0, at) + wish.rows > limit


def begin(
    wish: Wish,
    *,
    purpose: str = "",
    hours: int | None = None,
    by: Actor,
    at: datetime.datetime,
    today: datetime.date,
) -> DataExport:
    """The file is being made, or waits for a second person; the same wish twice is one export.

    Raises NeedsPurpose when it needs approval and no purpose was given.
    """
    purpose = " ".join(purpose.split())[:300]
    if by.staff_id is None:
        raise ValueError("files of lists are made for members of staff")
    with transaction.atomic():
        # Two wishes at the same time are counted one after the other.
        one_after_the_other(by.staff_id)
        if (same := _unfinished(wish, by)) is not None:
            return same
        waits = needs_approval(wish, by=by, at=at, today=today)
        if waits and len(purpose) < SHORTEST_PURPOSE:
            raise NeedsPurpose(
                "export_needs_a_purpose",
                _("This file needs a second person's approval. Say what it is for."),
            )
        area = area_of(wish.paths, by)
        export = DataExport.objects.create(
            **_kept_of(wish),
            purpose=purpose,
            asked_by_id=by.staff_id,
            asked_at=at,
            area=area,
            needs_approval=waits,
            state=ExportState.WAITING if waits else ExportState.ALLOWED,
            hours_open=_hours(hours, today),
            fetches_allowed=FETCHES_IN_FULL if wish.bare else 0,
        )
        audit.record(
            "export.asked",
            by=by,
            at=at,
            target=export,
            area=area,
            list=wish.list_id,
            rows=wish.rows,
            in_full=list(wish.bare),
        )
        if waits:
            _ask_second_person(export, wish, at)
        else:
            _enqueue(export, at)
    return export


def _kept_of(wish: Wish) -> dict[str, Any]:
    return {
        "list_id": wish.list_id,
        "route": wish.route,
        "kwargs": wish.kwargs,
        "query": wish.query,
        "row_numbers": None if wish.row_numbers is None else list(wish.row_numbers),
        "columns": list(wish.columns),
        "bare": list(wish.bare),
        "file_format": wish.file_format,
        "language": wish.language,
        "is_personal": wish.is_personal,
        "rows_expected": wish.rows,
        "paths": list(wish.paths),
    }


def _hours(hours: int | None, today: datetime.date) -> int:
    if hours is None:
        return parameters.value(HOURS.key, today)
    return max(1, min(hours, HOURS.maximum))


def _unfinished(wish: Wish, by: Actor) -> DataExport | None:
    """An export of the very same that waits or is being made."""
    same = _kept_of(wish)
    same.pop("rows_expected")
    if same["row_numbers"] is None:
        del same["row_numbers"]
        same["row_numbers__isnull"] = True
    open_states = [ExportState.WAITING, ExportState.ALLOWED]
    found = DataExport.objects.filter(asked_by=by.staff_id, state__in=open_states, **same)
    for export in found.order_by("-pk"):
        job = job_of(export)
        if job is None or job.state in UNFINISHED_JOB_STATES:
            return export
    return None


def area_of(paths: Sequence[str], by: Actor) -> Area:
    """The smallest area that holds everything the file may hold; its staff decide."""
    wanted = list(paths) or [grant.area_path for grant in by.grants]
    codes = [path.strip("/").split("/") for path in wanted]
    shared: list[str] = []
    for step in zip(*codes, strict=False):
        if len(set(step)) > 1:
            break
        shared.append(step[0])
    return Area.objects.get(path="".join(f"{code}/" for code in shared))


def _ask_second_person(export: DataExport, wish: Wish, at: datetime.datetime) -> None:
    approvals.request(
        IN_FULL if export.bare else LARGE,
        export,
        title=f"{wish.title} · {export.number}",
        title_facts={"list": export.list_id, "number": export.number} if wish.is_whole else None,
        area=export.area,
        by=Staff.objects.get(pk=export.asked_by_id),
        at=at,
        reason=export.purpose,
        summary={
            "list": wish.title,
            "rows": export.rows_expected,
            "columns": [wish.labels.get(key, key) for key in export.columns],
            "bare": [wish.labels.get(key, key) for key in export.bare],
            "query": wish.asked,
            "purpose": export.purpose,
            "hours": export.hours_open,
        },
    )


def _enqueue(export: DataExport, at: datetime.datetime) -> Job:
    asker = Staff.objects.get(pk=export.asked_by_id)
    return jobs.enqueue(
        JOB_KIND,
        str(export.pk),
        by=asker,
        at=at,
        arguments={"export": export.pk},
        label=export.number,
    )


def job_of(export: DataExport) -> Job | None:
    """The job that makes the file, once it may be made."""
    return Job.objects.filter(kind=JOB_KIND, key=str(export.pk)).order_by("-pk").first()


# What becomes of a request.


def register_kinds() -> None:
    """Large files, and files with fields in full, can be asked for and decided."""
    for kind, label, roles in (
        (LARGE, _("File of many rows"), LARGE_ROLES),
        (IN_FULL, _("File with fields in full"), IN_FULL_ROLES),
    ):
        approvals.register(
            kind,
            label=label,
            roles=roles,
            on_approved=on_approved,
            on_returned=on_returned,
            on_withdrawn=on_returned,
            summary_labels=SUMMARY,
            target_route="portal:export-detail",
            say_title=_say_title,
        )


#: How lists are called in the present language, by their id; the ui app tells.
_names_of_lists: list[Callable[[str], str]] = []


def name_lists(name: Callable[[str], str]) -> None:
    """Titles of requests call lists by what this gives for their id."""
    _names_of_lists[:] = [name]


def _say_title(request: ApprovalRequest) -> str:
    facts = request.title_facts
    name = _names_of_lists[0](facts["list"])
    return f"{name} · {facts['number']}"


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The file is made for its asker."""
    export = DataExport.objects.select_for_update().get(pk=request.target_id)
    if export.state != ExportState.WAITING:
        raise MovedOn("export_moved_on", _("This export no longer waits for approval."))
    export.state = ExportState.ALLOWED
    export.approved_by, export.approved_at = by, at
    export.save(update_fields=["state", "approved_by", "approved_at"])
    _enqueue(export, at)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """No file is made."""
    DataExport.objects.filter(pk=request.target_id, state=ExportState.WAITING).update(
        state=ExportState.RETURNED
    )


# From the file to its last fetch.


def to_make(number: int) -> DataExport:
    """The export whose file may be made now. Raises DomainError when it may not (any more)."""
    export = DataExport.objects.select_related("asked_by", "area").get(pk=number)
    if export.state != ExportState.ALLOWED:
        raise DomainError(
            "export_not_allowed",
            _("This file may not be made: %(state)s."),
            state=str(export.get_state_display()),
        )
    return export


def ready(export: DataExport, file_id: int, *, rows: int, mark: str, at: datetime.datetime) -> None:
    """The file stands ready until its end. Raises DomainError when it was revoked meanwhile."""
    until = at + datetime.timedelta(hours=export.hours_open)
    changed = DataExport.objects.filter(pk=export.pk, state=ExportState.ALLOWED).update(
        state=ExportState.READY, file=file_id, rows_written=rows, mark=mark, expires_at=until
    )
    if not changed:
        raise DomainError("export_revoked", _("This export was revoked meanwhile."))


def visible_to(actor: Actor) -> QuerySet[DataExport]:
    """Own exports, and those of the areas in which the actor decides on exports or audits."""
    rows = DataExport.objects.select_related("asked_by", "approved_by", "area", "file")
    deciding = actor.scope(*LARGE_ROLES, *IN_FULL_ROLES, Role.AUDITOR)
    return rows.filter(Q(asked_by=actor.staff_id) | deciding.q())


def about(rows: QuerySet[DataExport], word: str) -> QuerySet[DataExport]:
    """The exports of this number, with these words as purpose, or whose control row has it."""
    for part in word.split():
        found = Q(purpose__icontains=part) | Q(mark=part.upper())
        digits = part.upper().removeprefix("E")
        if digits.isascii() and digits.isdigit() and len(digits) < 18:
            found |= Q(pk=int(digits))
        rows = rows.filter(found)
    return rows


def by_number(rows: QuerySet[DataExport], word: str) -> QuerySet[DataExport]:
    """The export of exactly this number, with its letter, or whose control row holds it."""
    plain = word.strip().upper()
    digits = plain.removeprefix("E")
    if plain.startswith("E") and digits.isascii() and digits.isdigit() and len(digits) < 18:
        return rows.filter(pk=int(digits))
    return rows.filter(mark=plain).exclude(mark="")


def revocable_by(actor: Actor) -> QuerySet[DataExport]:
    """Own exports, and those of the areas in which the actor decides on exports."""
    own = Q(asked_by=actor.staff_id)
    deciding = actor.scope(*LARGE_ROLES, *IN_FULL_ROLES)
    return DataExport.objects.filter(own | deciding.q())


def is_open(export: DataExport, at: datetime.datetime) -> bool:
    """Whether the file can be fetched by its asker at this instant."""
    return (
        export.state == ExportState.READY
        and export.expires_at is not None
        and export.expires_at > at
        and (export.fetches_allowed == 0 or export.fetches < export.fetches_allowed)
    )


def note_fetch(export: DataExport, *, by: Actor, at: datetime.datetime) -> bool:
    """Whether the file may be handed out now; it then counts as fetched once more."""
    with transaction.atomic():
        fetched = (
            DataExport.objects.filter(
                Q(fetches_allowed=0) | Q(fetches__lt=F("fetches_allowed")),
                pk=export.pk,
                asked_by=by.staff_id,
                state=ExportState.READY,
                expires_at__gt=at,
            ).update(fetches=F("fetches") + 1)
            == 1
        )
        if fetched:
            audit.record("export.download", by=by, at=at, target=export, area=export.area)
    return fetched


@transaction.atomic
def revoke(export: DataExport, *, by: Actor, at: datetime.datetime) -> None:
    """Nobody fetches the file from now on. Raises MovedOn when it was revoked or returned."""
    changed = (
        DataExport.objects.filter(pk=export.pk)
        .exclude(state__in=[ExportState.REVOKED, ExportState.RETURNED])
        .update(state=ExportState.REVOKED, revoked_by=by.text[:120], revoked_at=at)
    )
    if not changed:
        raise MovedOn("export_is_over", _("This export is over already."))
    job = job_of(export)
    if job is not None and job.state in UNFINISHED_JOB_STATES:
        jobs.cancel(job, by=by, at=at)
    audit.record("export.revoke", by=by, at=at, target=export, area=export.area)


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
