"""To-do and done: own work is never decided, other counties do not exist, batches show sums."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from bureau.core import approvals, clock
from bureau.core.choices import ApprovalState, Role
from bureau.core.errors import DomainError
from bureau.core.models import ApprovalRequest, CodeTable
from bureau.portal import selectors

pytestmark = pytest.mark.django_db


def listed(client: Any, view: str = "waiting") -> list[int]:
    page = client.get("/todo/", {"view": view})
    return [row.key for row in page.context["table_rows"]]


def test_each_view_shows_its_own(
    clerk: Any, reviewer: Any, stranger: Any, new_request: Any, signed_in: Any
) -> None:
    request = new_request(clerk)
    assert listed(signed_in(reviewer)) == [request.pk]
    assert listed(signed_in(clerk)) == []
    assert listed(signed_in(clerk), "mine") == [request.pk]
    assert listed(signed_in(stranger)) == []
    assert signed_in(stranger).get(f"/todo/{request.pk}/").status_code == 404
    client = signed_in(reviewer)
    client.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    assert listed(client) == []
    assert listed(client, "done") == [request.pk]


def test_the_counter_leaves_out_own_requests(
    clerk: Any, reviewer: Any, new_request: Any, signed_in: Any
) -> None:
    new_request(clerk)
    new_request(reviewer)
    assert signed_in(reviewer).get("/todo/").context["frame"].todo.count == 1


def test_approving_does_the_act(
    clerk: Any, reviewer: Any, new_request: Any, signed_in: Any
) -> None:
    request = new_request(clerk)
    signed_in(reviewer).post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    request.refresh_from_db()
    assert (request.state, request.checker) == (ApprovalState.APPROVED, reviewer)
    assert CodeTable.objects.get(pk=request.target_id).name == "renamed"


def test_returning_needs_a_reason(
    clerk: Any, reviewer: Any, new_request: Any, signed_in: Any
) -> None:
    request = new_request(clerk)
    client = signed_in(reviewer)
    client.post(f"/todo/{request.pk}/decide/", {"decision": "return", "note": " "})
    request.refresh_from_db()
    assert request.state == ApprovalState.PENDING
    client.post(f"/todo/{request.pk}/decide/", {"decision": "return", "note": "金额不符"})
    request.refresh_from_db()
    assert (request.state, request.note) == (ApprovalState.RETURNED, "金额不符")
    assert "金额不符" in signed_in(clerk).get(f"/todo/{request.pk}/").content.decode()


def test_own_work_is_never_decided(reviewer: Any, new_request: Any, signed_in: Any) -> None:
    request = new_request(reviewer)
    client = signed_in(reviewer)
    assert client.get(f"/todo/{request.pk}/").context["may_decide"] is False
    client.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    client.post("/todo/approve/", {"chosen": [request.pk], "_confirmed": "1"})
    request.refresh_from_db()
    assert request.state == ApprovalState.PENDING


def test_nobody_decides_for_another_county(
    clerk: Any, stranger: Any, new_request: Any, signed_in: Any
) -> None:
    request = new_request(clerk)
    client = signed_in(stranger)
    sent = client.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    assert sent.status_code == 404
    client.post("/todo/approve/", {"chosen": [request.pk], "_confirmed": "1"})
    request.refresh_from_db()
    assert request.state == ApprovalState.PENDING


def test_a_clerk_decides_nothing(
    new_staff: Any, clerk: Any, new_request: Any, signed_in: Any
) -> None:
    request = new_request(clerk)
    other = new_staff("other", Role.CLERK, "zhuanghe")
    client = signed_in(other)
    sent = client.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    assert sent.status_code == 403
    assert client.get(f"/todo/{request.pk}/").status_code == 404


def test_a_batch_shows_number_and_sum_before_it_is_done(
    clerk: Any, reviewer: Any, new_request: Any, signed_in: Any
) -> None:
    chosen = [new_request(clerk, amount=Decimal("100.10")).pk for _n in range(3)]
    client = signed_in(reviewer)
    check = client.post("/todo/approve/", {"chosen": chosen})
    assert "300.30" in check.content.decode()
    assert not ApprovalRequest.objects.exclude(state=ApprovalState.PENDING).exists()
    seen = {"chosen": chosen, "_confirmed": check.context["seen"]}
    done = client.post("/todo/approve/", seen, follow=True)
    assert "300.30" in str(next(iter(done.context["messages"])))
    assert ApprovalRequest.objects.filter(state=ApprovalState.APPROVED).count() == 3


def test_one_refusal_of_a_batch_stops_no_other(
    clerk: Any, reviewer: Any, new_request: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(request: ApprovalRequest, by: Any, at: datetime.datetime) -> None:
        if request.pk == bad.pk:
            raise DomainError("refused", "期间已结账")

    monkeypatch.setattr(approvals, "_kinds", {})
    approvals.register("test.rename", label="更名", roles=[Role.REVIEWER], on_approved=act)
    good, bad = new_request(clerk), new_request(clerk)
    client, chosen = signed_in(reviewer), [good.pk, bad.pk]
    seen = client.post("/todo/approve/", {"chosen": chosen}).context["seen"]
    page = client.post("/todo/approve/", {"chosen": chosen, "_confirmed": seen}, follow=True)
    texts = [str(message) for message in page.context["messages"]]
    assert any("期间已结账" in text and bad.title in text for text in texts)
    good.refresh_from_db()
    assert good.state == ApprovalState.APPROVED
    refused = signed_in(reviewer).get(f"/todo/{bad.pk}/").content.decode()
    assert "期间已结账" in refused


@pytest.mark.parametrize("chosen", [[], ["x"], ["-1"], ["9" * 30]])
def test_an_odd_choice_is_told_so(reviewer: Any, signed_in: Any, chosen: list[str]) -> None:
    page = signed_in(reviewer).post("/todo/approve/", {"chosen": chosen}, follow=True)
    assert page.status_code == 200
    assert len(list(page.context["messages"])) == 1


def test_the_maker_withdraws_and_nobody_else(
    clerk: Any, reviewer: Any, new_request: Any, signed_in: Any
) -> None:
    request = new_request(clerk)
    assert signed_in(reviewer).post(f"/todo/{request.pk}/withdraw/").status_code == 404
    signed_in(clerk).post(f"/todo/{request.pk}/withdraw/")
    request.refresh_from_db()
    assert request.state == ApprovalState.WITHDRAWN


def test_ages_fall_into_four_bands() -> None:
    at = clock.now()
    days = [0, 1, 2, 3, 4, 7, 8, 40]
    moments = [at - datetime.timedelta(days=n) for n in days]
    assert selectors.counts_by_age(moments, at) == [2, 2, 2, 2]
