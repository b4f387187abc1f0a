"""Parameters: figures that the bureau decides, with limits and a default until it has decided.

An app registers what it needs (`register`); staff propose a value with its basis, a second person
approves it, and it holds from its day on.
"""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.choices import ParameterState, Role
from bureau.core.errors import DomainError
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Area, ParameterVersion, Staff

KIND = "core.parameter"
#: Who proposes, and who decides: never the same person.
ROLES: Collection[Role] = (Role.DIRECTOR, Role.SECURITY_ADMINISTRATOR)

SUMMARY = {
    "parameter": _("Parameter"),
    "before": _("Value so far"),
    "value": _("New value"),
    "starts_on": _("In force from"),
    "source": _("Basis"),
}


@dataclass(frozen=True)
class Parameter:
    """One figure: what it means, its unit, its limits, and what holds until it was decided."""

    key: str
    label: str | Promise
    meaning: str | Promise
    unit: str | Promise
    default: int
    minimum: int
    maximum: int
    source: str | Promise


_known: dict[str, Parameter] = {}


def register(parameter: Parameter) -> Parameter:
    """The parameter can be asked for and decided; call it where an app begins."""
    if parameter.key in _known and _known[parameter.key] != parameter:
        raise ValueError(f"two parameters are called {parameter.key}")
    if not parameter.minimum <= parameter.default <= parameter.maximum:
        raise ValueError(f"the default of {parameter.key} lies outside its limits")
    _known[parameter.key] = parameter
    return parameter


def known() -> list[Parameter]:
    """Every parameter, by key."""
    return [_known[key] for key in sorted(_known)]


def get(key: str) -> Parameter:
    """The parameter of this key. Raises LookupError when no app registered it."""
    return _known[key]


def values(keys: Iterable[str], on: datetime.date) -> dict[str, int]:
    """The values in force on the day; the default where none was decided. One query."""
    wanted = list(keys)
    rows = (
        ParameterVersion.objects.filter(
            key__in=wanted, state=ParameterState.APPROVED, starts_on__lte=on
        )
        .order_by("key", "-starts_on", "-pk")
        .distinct("key")
        .values_list("key", "value")
    )
    return {key: _known[key].default for key in wanted} | dict(rows)


def value(key: str, on: datetime.date) -> int:
    """The value in force on the day."""
    return values([key], on)[key]


def versions(key: str) -> list[ParameterVersion]:
    """Everything ever proposed for the parameter, the newest first."""
    rows = ParameterVersion.objects.filter(key=key).select_related("proposed_by", "approved_by")
    return list(rows.order_by("-pk"))


def propose(
    key: str,
    new: int,
    *,
    starts_on: datetime.date,
    source: str,
    area: Area,
    by: Staff,
    at: datetime.datetime,
    today: datetime.date,
) -> ApprovalRequest:
    """The value waits for a second person.

    Raises DomainError for a value outside the limits, a day in the past, or an open proposal.
    """
    parameter = get(key)
    if not parameter.minimum <= new <= parameter.maximum:
        raise DomainError(
            "parameter_outside_limits",
            _("The value must lie between %(least)s and %(most)s."),
            least=f"{parameter.minimum:,}",
            most=f"{parameter.maximum:,}",
        )
    if starts_on < today:
        raise DomainError(
            "parameter_in_the_past", _("A value holds from today on at the earliest.")
        )
    if not source.strip():
        raise DomainError("parameter_needs_a_basis", _("Name the document or the decision."))
    with refusals(), transaction.atomic():
        version = ParameterVersion.objects.create(
            key=key,
            value=new,
            starts_on=starts_on,
            source=source.strip(),
            proposed_by=by,
            proposed_at=at,
        )
        return approvals.request(
            KIND,
            version,
            title_facts={"parameter": key},
            area=area,
            by=by,
            at=at,
            summary={
                "parameter": key,
                "before": value(key, today),
                "value": new,
                "starts_on": starts_on.isoformat(),
                "source": source.strip(),
            },
            reason=source.strip(),
        )


def register_kind() -> None:
    """Values can be proposed and decided."""
    approvals.register(
        KIND,
        label=_("Value of a parameter"),
        roles=ROLES,
        on_approved=on_approved,
        on_returned=on_returned,
        on_withdrawn=on_returned,
        summary_labels=SUMMARY,
        say_title=lambda request: label_of(request.title_facts["parameter"]),
    )


def label_of(key: object) -> str:
    """The words for a parameter; its key when this release does not know it."""
    return str(_known[str(key)].label) if str(key) in _known else str(key)


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The value holds from its day on."""
    version = ParameterVersion.objects.select_for_update().get(pk=request.target_id)
    version.state = ParameterState.APPROVED
    version.approved_by, version.approved_at = by, at
    version.save(update_fields=["state", "approved_by", "approved_at"])
    audit.record(
        "parameter.approved",
        by=by,
        at=at,
        target=version,
        area=request.area,
        parameter=version.key,
        value=version.value,
    )


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The value was not approved, and another may be proposed."""
    ParameterVersion.objects.filter(pk=request.target_id).update(state=ParameterState.RETURNED)
