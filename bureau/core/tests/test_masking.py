"""Masking, and revealing only after the access log has its row."""

import pytest
from django.db import DatabaseError
from django.http import Http404
from hypothesis import given
from hypothesis import strategies as st

from bureau.core import audit, masking
from bureau.core.actors import Scope, actor_of
from bureau.core.choices import Role
from bureau.core.clock import today
from bureau.core.errors import DomainError
from bureau.core.models import AccessLog
from bureau.core.tests.factories import county, staff


@pytest.mark.parametrize(
    ("full", "masked"),
    [
        ("王小明", "王*明"),
        ("王明", "王*"),
        ("王", "*"),
        ("", ""),
        (None, ""),
        ("欧阳小明", "欧**明"),
    ],
)
def test_names(full, masked):
    assert masking.name(full) == masked


@pytest.mark.parametrize(
    ("full", "masked"),
    [
        ("210281199001011234", "2102**********1234"),
        ("21028119900101123X", "2102**********123X"),
        ("210281900101123", "21**********123"),
        ("1234567", "*******"),
        ("", ""),
    ],
)
def test_identity_numbers(full, masked):
    assert masking.id_number(full) == masked


def test_telephones_accounts_and_addresses():
    assert masking.phone("13812345678") == "138****5678"
    assert masking.phone("83631234") == "*****234"
    assert masking.bank_account("6222021234567890123") == "***************0123"
    assert (
        masking.address("辽宁省大连市瓦房店市共济街道12号3-1")
        == "辽宁省大连市瓦房店市共济街道******"
    )
    assert masking.address("岭东村12号") == "******"


@given(st.text(min_size=2, max_size=40).map(str.strip), st.sampled_from(sorted(masking.KINDS)))
def test_what_is_masked_is_never_the_full_value(text, kind):
    masked = masking.KINDS[kind](text)
    if kind == "address":
        assert len(masked) <= len(text)
        return
    assert len(masked) == len(text)
    if text.strip(masking.SIGN):
        assert text not in masked or text == ""


@pytest.fixture
def request_of_clerk(db, rf):
    place = county()
    member = staff("wang", (Role.CLERK, place))
    request = rf.post("/", REMOTE_ADDR="10.0.0.7")
    request.user = member
    request.actor = actor_of(member, on=today())
    request.scope = request.actor.scope(Role.CLERK)
    return request


VALUES = {"id_number": "210281199001011234", "phone": "13812345678"}


def test_revealing_writes_who_what_and_why_first(request_of_clerk):
    place = county()
    shown = masking.reveal(
        request_of_clerk, place, VALUES, area=place, reason="核对参保信息", fields=["phone"]
    )
    assert shown == {"phone": "13812345678"}
    row = AccessLog.objects.get()
    assert (row.actor_id, row.fields, row.reason) == (
        request_of_clerk.user.pk,
        ["phone"],
        "核对参保信息",
    )
    assert row.address == "10.0.0.7"


@pytest.mark.parametrize("reason", ["", "   ", "abc"])
def test_without_a_reason_nothing_is_shown(request_of_clerk, reason):
    with pytest.raises(DomainError):
        masking.reveal(request_of_clerk, county(), VALUES, area=county(), reason=reason)
    assert not AccessLog.objects.exists()


def test_outside_the_own_areas_it_does_not_exist(request_of_clerk):
    other = county("210283", "庄河市")
    with pytest.raises(Http404):
        masking.reveal(request_of_clerk, other, VALUES, area=other, reason="核对参保信息")
    request_of_clerk.scope = Scope()
    with pytest.raises(Http404):
        masking.reveal(request_of_clerk, county(), VALUES, area=county(), reason="核对参保信息")


def test_no_row_no_data(request_of_clerk, monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError("read-only")

    monkeypatch.setattr(audit, "log_access", refuse)
    with pytest.raises(DatabaseError):
        masking.reveal(request_of_clerk, county(), VALUES, area=county(), reason="核对参保信息")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1381234 5678", "13******678"),
        ("4108231990 0101 1234", "4108**********1234"),
        ("41082319900101123X", "4108**********123X"),
        ("0411-8612345 张", "04******345 张"),
    ],
)
def test_a_number_in_groups_is_hidden_as_one(written: str, shown: str) -> None:
    assert masking.numbers_in(written, free=True) == shown
