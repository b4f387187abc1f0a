"""Powers by two people: roles, new accounts, passwords and second factors of others.

A security administrator asks, another one approves; neither is whom it is about, whatever accounts
they have. What only takes power away at once (shutting an account out, ending its sessions) needs
nobody else. Where one security administrator is alone, the operator acts by a command (ADR 18).
"""

import datetime
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from bureau.core import approvals, audit, passwords, sessions
from bureau.core.choices import SEPARATED_ROLES, AreaLevel, PowerAct, Role, WishState
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.integrity import message_for, refusals
from bureau.core.models import ApprovalRequest, Area, PowerWish, RoleGrant, Staff

KIND: Final = "core.power"
ROLES: Final = (Role.SECURITY_ADMINISTRATOR,)
#: Time within which the one who asked issues a password that was approved.
ISSUED_WITHIN: Final = datetime.timedelta(hours=24)
SUMMARY: Final = {
    "act": _("What is done"),
    "staff": _("Member of staff"),
    "staff_no": _("Staff number"),
    "role": _("Role"),
    "area": _("Area"),
    "first_day": _("First day"),
    "day_after_last": _("Day after the last"),
    "may_sign_in": _("May sign in"),
    "may_maintain": _("May use the maintenance pages"),
}


def register_kind() -> None:
    """Acts on accounts and roles can be asked for and decided."""
    approvals.register(
        KIND,
        label=_("Roles and accounts"),
        roles=ROLES,
        on_approved=on_approved,
        on_returned=on_returned,
        on_withdrawn=on_returned,
        summary_labels=SUMMARY,
        say_title=_say_title,
    )


def _say_title(request: ApprovalRequest) -> str:
    facts = request.title_facts
    return f"{PowerAct(facts['act']).label}: {facts['staff']}"


def ask_role(
    staff: Staff,
    role: str,
    area: Area,
    period: DateRange,
    *,
    reason: str,
    by: Staff,
    at: datetime.datetime,
) -> ApprovalRequest:
    """The person is to have the role in the area for the period."""
    expect_apart(staff, role, period)
    wish = PowerWish(
        act=PowerAct.GRANT, role=role, area=area, period=period, subject=f"{role} {area.code}"
    )
    return _ask(wish, staff, before="", reason=reason, by=by, at=at)


def ask_period(
    grant: RoleGrant, period: DateRange, *, reason: str, by: Staff, at: datetime.datetime
) -> ApprovalRequest:
    """The role is to hold for another period; one that is over by then is taken away."""
    stands = RoleGrant.objects.select_related("staff", "area").get(pk=grant.pk)
    expect_apart(stands.staff, stands.role, period, but=stands.pk)
    wish = PowerWish(
        act=PowerAct.PERIOD,
        role=stands.role,
        area=stands.area,
        grant=stands,
        period=period,
        subject=str(stands.pk),
    )
    return _ask(wish, stands.staff, before=_span(stands.period), reason=reason, by=by, at=at)


def ask_account(
    staff: Staff,
    *,
    may_sign_in: bool,
    may_maintain: bool,
    reason: str,
    by: Staff,
    at: datetime.datetime,
) -> ApprovalRequest:
    """The account is to sign in, or to see the maintenance pages; a new one gets a password."""
    stands = Staff.objects.get(pk=staff.pk)
    wish = PowerWish(act=PowerAct.ACCOUNT, may_sign_in=may_sign_in, may_maintain=may_maintain)
    before = _entry(sign_in=stands.is_active, maintain=stands.is_staff)
    return _ask(wish, stands, before=before, reason=reason, by=by, at=at)


def ask_password(staff: Staff, *, reason: str, by: Staff, at: datetime.datetime) -> ApprovalRequest:
    """A one-time password is to be issued by the one who asks."""
    return _ask(PowerWish(act=PowerAct.PASSWORD), staff, before="", reason=reason, by=by, at=at)


def ask_second_factor(
    staff: Staff, *, reason: str, by: Staff, at: datetime.datetime
) -> ApprovalRequest:
    """The second factor is to be removed, so that the person sets up another."""
    wish = PowerWish(act=PowerAct.SECOND_FACTOR)
    return _ask(wish, staff, before="", reason=reason, by=by, at=at)


def _ask(
    wish: PowerWish,
    staff: Staff,
    *,
    before: str,
    reason: str,
    by: Staff,
    at: datetime.datetime,
) -> ApprovalRequest:
    _expect_not_oneself(staff, by)
    reason = " ".join(reason.split())
    if not reason:
        raise DomainError("power_needs_a_reason", _("Say why; the second person reads it."))
    expect_second(staff, by, at=at)
    wish.staff, wish.staff_no = staff, staff.staff_no
    wish.asked_by, wish.asked_by_no, wish.asked_at = by, by.staff_no, at
    with refusals(), transaction.atomic():
        wish.save(force_insert=True)
        # What is stored for others to read is in the bureau's language, not the maker's.
        with override(settings.LANGUAGE_CODE):
            return approvals.request(
                KIND,
                wish,
                title_facts={"act": wish.act, "staff": str(staff)},
                area=Area.objects.get(level=AreaLevel.CITY),
                summary=_summary(wish),
                changes=[{"field": wish.get_act_display(), "before": before, "after": _to(wish)}],
                reason=reason,
                by=by,
                at=at,
            )


def _summary(wish: PowerWish) -> dict[str, Any]:
    said: dict[str, Any] = {
        "act": str(wish.get_act_display()),
        "staff": str(wish.staff),
        "staff_no": wish.staff_no,
    }
    if wish.role:
        said |= {"role": str(wish.get_role_display()), "area": str(wish.area)}
    if wish.period is not None:
        said |= {
            "first_day": str(wish.period.lower or ""),
            "day_after_last": str(wish.period.upper or ""),
        }
    if wish.act == PowerAct.ACCOUNT:
        said |= {
            "may_sign_in": str(_("Yes") if wish.may_sign_in else _("No")),
            "may_maintain": str(_("Yes") if wish.may_maintain else _("No")),
        }
    return said


def _span(period: Any) -> str:
    return f"{period.lower or '…'} – {period.upper or '…'}"


def _entry(*, sign_in: bool, maintain: bool) -> str:
    words = [_("may sign in")] * sign_in + [_("may use the maintenance pages")] * maintain
    return ", ".join(map(str, words)) or "–"


def _to(wish: PowerWish) -> str:
    if wish.act == PowerAct.ACCOUNT:
        return _entry(sign_in=wish.may_sign_in, maintain=wish.may_maintain)
    if wish.period is None:
        return str(wish.staff)
    return f"{wish.get_role_display()} · {wish.area} · {_span(wish.period)}"


def _expect_not_oneself(staff: Staff, by: Staff) -> None:
    if staff.is_same_person_as(by):
        raise OwnWork(
            "power_not_for_oneself", _("Nobody gives powers to the own person, or approves them.")
        )


def expect_second(staff: Staff, by: Staff, *, at: datetime.datetime) -> None:
    """Somebody else could approve. Raises DomainError that names the operator's way otherwise."""
    others = RoleGrant.objects.filter(
        role=Role.SECURITY_ADMINISTRATOR,
        area__level=AreaLevel.CITY,
        period__contains=timezone.localtime(at).date(),
        staff__is_active=True,
    ).exclude(staff__staff_no__in=[by.staff_no, staff.staff_no])
    if not others.exists():
        raise DomainError(
            "no_second_administrator",
            _(
                "There is no other security administrator who could approve this. The operator "
                "makes one by the command make_administrator, or does this by issue_password."
            ),
        )


def expect_apart(staff: Staff, role: str, period: DateRange, *, but: int | None = None) -> None:
    """The role joins no two of the three powers in one person, over all the person's accounts."""
    if role not in SEPARATED_ROLES or period.isempty:
        return
    name = "role_grant_three_powers_apart"
    joined = RoleGrant.objects.filter(
        staff__staff_no=staff.staff_no, role__in=SEPARATED_ROLES, period__overlap=period
    ).exclude(role=role)
    if joined.exclude(pk=but or 0).exists():
        raise DomainError(name, message_for(name) or name)


# What becomes of a wish.


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The second administrator agreed: it takes effect; a password waits for the one who asked."""
    wish = PowerWish.objects.select_for_update(of=("self",)).select_related("staff").get(
        pk=request.target_id
    )  # fmt: skip
    _expect_not_oneself(wish.staff, by)
    if wish.state != WishState.ASKED:
        raise MovedOn("power_moved_on", _("This wish no longer waits for approval."))
    wish.state, wish.approved_by_no, wish.approved_at = WishState.APPROVED, by.staff_no, at
    wish.save(update_fields=["state", "approved_by_no", "approved_at"])
    _EFFECTS[PowerAct(wish.act)](wish, request, at)
    audit.record(
        "power.approved", by=by, at=at, target=wish.staff, area=request.area, act=wish.act,
        role=wish.role, asked_by=str(request.maker), wish=wish.pk,
    )  # fmt: skip


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """Nothing was done, and it may be asked anew."""
    PowerWish.objects.filter(pk=request.target_id, state=WishState.ASKED).update(
        state=WishState.RETURNED
    )


def _give_role(wish: PowerWish, request: ApprovalRequest, at: datetime.datetime) -> None:
    expect_apart(wish.staff, wish.role, wish.period)
    if wish.area is None:
        raise ValueError("a role is of an area")
    RoleGrant.objects.create(
        staff=wish.staff,
        role=wish.role,
        area=wish.area,
        period=wish.period,
        granted_by=str(request.maker)[:120],
        approval=request,
    )
    _done(wish)


def _change_period(wish: PowerWish, request: ApprovalRequest, at: datetime.datetime) -> None:
    grant = RoleGrant.objects.get(wishes=wish)
    expect_apart(wish.staff, wish.role, wish.period, but=grant.pk)
    RoleGrant.objects.filter(pk=grant.pk).update(period=wish.period, approval=request)
    _done(wish)


def _open_account(wish: PowerWish, request: ApprovalRequest, at: datetime.datetime) -> None:
    is_new = not wish.staff.has_usable_password()
    Staff.objects.filter(username=wish.staff.username).update(
        is_active=wish.may_sign_in, is_staff=wish.may_maintain
    )
    if not is_new:
        _done(wish)


def _keep_for_issuing(wish: PowerWish, request: ApprovalRequest, at: datetime.datetime) -> None:
    """The one who asked issues it: nobody else sees it."""


def _remove_factor(wish: PowerWish, request: ApprovalRequest, at: datetime.datetime) -> None:
    Authenticator.objects.filter(user=wish.staff).delete()
    sessions.end_all_of(wish.staff)
    audit.record("staff.second-factor-removed", by=request.maker, at=at, target=wish.staff)
    _done(wish)


_EFFECTS: Final = {
    PowerAct.GRANT: _give_role,
    PowerAct.PERIOD: _change_period,
    PowerAct.ACCOUNT: _open_account,
    PowerAct.PASSWORD: _keep_for_issuing,
    PowerAct.SECOND_FACTOR: _remove_factor,
}


def _done(wish: PowerWish) -> None:
    wish.state = WishState.DONE
    wish.save(update_fields=["state"])


@transaction.atomic
def issue_password(staff: Staff, *, by: Staff, at: datetime.datetime) -> str | None:
    """The password that was approved for the one who asked, once and in time; None without that."""
    _expect_not_oneself(staff, by)
    wish = (
        PowerWish.objects.select_for_update()
        .filter(
            staff=staff,
            asked_by=by,
            state=WishState.APPROVED,
            act__in=[PowerAct.PASSWORD, PowerAct.ACCOUNT],
            approved_at__gt=at - ISSUED_WITHIN,
        )
        .order_by("pk")
        .first()
    )
    if wish is None:
        return None
    password = passwords.issue_to(staff)
    _done(wish)
    audit.record("staff.password-issued", by=by, at=at, target=staff, wish=wish.pk)
    return password
