"""The terms of review: asked for by one, in force once another approved; first the software's."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from bureau.core import approvals, audit
from bureau.core.actors import Actor, actor_from
from bureau.core.choices import AreaLevel
from bureau.core.errors import DomainError, MovedOn
from bureau.core.integrity import message_for, refusals
from bureau.core.models import ApprovalRequest, Area, Staff
from enrollment.models import ReviewTerms

SOFTWARE: Final = "software"
SOFTWARE_SOURCE: Final = gettext_noop("Assumption of the software: 2 to 5 in a hundred are usual.")
#: Kind under which other terms are approved.
KIND: Final = "enrollment.review_terms"
SUMMARY: Final = {
    "packet_size": _("Pairs in a packet"),
    "lease_minutes": _("Minutes until a packet is handed back"),
    "second_look_share": _("Share looked at a second time (of 1)"),
    "second_look_seed": _("Seed of the sample"),
    "source": _("Source"),
}


def terms_in_force(*, at: datetime.datetime) -> ReviewTerms:
    """The newest terms, or the software's, which nobody has put on record yet."""
    return ReviewTerms.objects.first() or ReviewTerms(
        packet_size=20,
        lease_minutes=30,
        second_look_share=Decimal("0.03"),
        second_look_seed="1",
        source=SOFTWARE_SOURCE,
        made_at=at,
        made_by=SOFTWARE,
    )


def terms_on_record(*, at: datetime.datetime) -> ReviewTerms:
    """The newest terms; the software's are put on record when somebody first works by them."""
    found = terms_in_force(at=at)
    if found._state.adding:
        found.save()
    return found


def set_terms(
    *,
    packet_size: int,
    lease_minutes: int,
    second_look_share: Decimal,
    second_look_seed: str,
    source: str,
    at: datetime.datetime,
    by: Actor | Staff,
) -> ReviewTerms:
    """Other terms hold from now on. Raises DomainError for figures beyond reason."""
    with refusals():
        made = ReviewTerms.objects.create(
            packet_size=packet_size,
            lease_minutes=lease_minutes,
            second_look_share=second_look_share,
            second_look_seed=second_look_seed,
            source=source,
            made_at=at,
            made_by=actor_from(by).text,
        )
    audit.record("review.terms", by=by, at=at, target=made, share=str(second_look_share))
    return made


def ask_for(
    values: Mapping[str, Any], *, reason: str, by: Staff, at: datetime.datetime
) -> ApprovalRequest:
    """Other terms wait for a second person. Raises DomainError when they are those in force.

    `values` are the fields of `SUMMARY`. They hold for the whole city.
    """
    with refusals(), transaction.atomic():
        present = terms_on_record(at=at)
        asked = {name: str(values[name]).strip() for name in SUMMARY}
        _expect_reason({name: values[name] for name in SUMMARY}, at=at)
        # What is stored is in the bureau's language, whoever asks.
        with override(settings.LANGUAGE_CODE):
            labels = {name: str(label) for name, label in SUMMARY.items()}
        changes = [
            {"field": label, "before": str(getattr(present, name)), "after": asked[name]}
            for name, label in labels.items()
            if _differs(getattr(present, name), values[name])
        ]
        if all(change["field"] == labels["source"] for change in changes):
            raise DomainError("TERMS_UNCHANGED", _("These are the terms in force already."))
        return approvals.request(
            KIND,
            present,
            title_facts={"terms": present.pk},
            area=Area.objects.get(level=AreaLevel.CITY),
            by=by,
            at=at,
            summary=asked,
            changes=changes,
            reason=reason,
        )


def _expect_reason(values: Mapping[str, Any], *, at: datetime.datetime) -> None:
    """Figures beyond reason are refused when they are asked for, as the table would later."""
    try:
        ReviewTerms(**values, made_at=at, made_by=SOFTWARE).validate_constraints()
    except ValidationError:
        name = "review_terms_within_reason"
        raise DomainError(name, message_for(name) or name) from None


def _differs(before: Any, after: Any) -> bool:
    return before != after if isinstance(before, int | Decimal) else str(before) != str(after)


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved: the terms hold from now on."""
    if terms_on_record(at=at).pk != request.target_id:
        raise MovedOn(
            "TERMS_MOVED_ON", _("Other terms came into force meanwhile; ask for these anew.")
        )
    asked = request.summary
    set_terms(
        packet_size=int(asked["packet_size"]),
        lease_minutes=int(asked["lease_minutes"]),
        second_look_share=Decimal(asked["second_look_share"]),
        second_look_seed=asked["second_look_seed"],
        source=asked["source"],
        at=at,
        by=request.maker,
    )
