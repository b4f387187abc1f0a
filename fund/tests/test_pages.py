"""Pages of the books: entered and submitted by one, posted by another, read by others."""

import io

import pytest
from django.core.management import call_command
from django.urls import reverse

from bureau.core import clock, integrity
from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest
from bureau.core.reference import load_areas
from bureau.core.tests.factories import city, staff
from bureau.testing.access import rights_of_web
from fund.models import Book, Voucher
from fund.selectors.balances import trial_balance
from fund.selectors.books import periods_of
from fund.services import vouchers
from fund.tests.books import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demonstration(settings):
    settings.DEMO = True


@pytest.fixture
def as_(client, city_fund):
    """A client signed in as the accountant, the reviewer, or a new member of staff of a role."""

    def sign_in(who):
        account = who
        if isinstance(who, Role):
            account = staff(f"p-{who.lower()}"[:20], (who, city()), is_demonstration=True)
        account.is_demonstration = True
        account.save(update_fields=["is_demonstration"])
        client.force_login(account)
        return client

    return sign_in


def sent(city_fund, **more):
    return {
        "on": "2020-03-09", "summary": "收到个人缴费", "attachments": "2", "rows": "6",
        "account_1": city_fund["1003"].pk, "debit_1": "1,234.50",
        "account_2": city_fund["400101"].pk, "credit_2": "1234.50", "line_2": "三月保费",
        "form_token": "t-1",
    } | more  # fmt: skip


def text_of(answer):
    return answer.content.decode()


def test_a_voucher_goes_its_whole_way_through_pages(as_, city_fund):
    client = as_(city_fund.maker)
    new = reverse("fund:voucher-create", args=[city_fund.book.pk])
    assert client.get(new).status_code == 200
    with rights_of_web():
        answer = client.post(new, sent(city_fund), follow=True)
    made = Voucher.objects.get()
    assert (made.state, made.attachments, str(made.total)) == ("DRAFT", 2, "1234.50")
    assert "壹仟贰佰叁拾肆元伍角整" in text_of(answer)
    submit = reverse("fund:voucher-submit", args=[made.pk])
    with rights_of_web():
        client.post(submit)
    request = ApprovalRequest.objects.get()
    assert "已提交" in text_of(client.get(reverse("fund:voucher-detail", args=[made.pk])))
    client = as_(city_fund.checker)
    detail = reverse("portal:approval-detail", args=[request.pk])
    assert client.get(detail).status_code == 200
    with rights_of_web():
        client.post(reverse("portal:approval-decide", args=[request.pk]), {"decision": "approve"})
    made.refresh_from_db()
    assert (made.state, made.number) == ("POSTED", 1)
    page = text_of(client.get(reverse("fund:voucher-detail", args=[made.pk])))
    assert "2020-03-0001" in page
    assert "1,234.50" in page


def test_wrong_lines_are_named_and_nothing_is_saved(as_, city_fund):
    client = as_(city_fund.maker)
    new = reverse("fund:voucher-create", args=[city_fund.book.pk])
    for wrong in (
        {"account_1": ""},
        {"credit_1": "5"},
        {"debit_1": "1.234,5"},
        {"debit_1": "", "account_1": "", "account_2": "", "credit_2": ""},
        {"on": "2020-02-30"},
        {"account_1": city_fund["4001"].pk},
    ):
        assert client.post(new, sent(city_fund, **wrong)).status_code == 422
    assert client.post(new, sent(city_fund, on="2031-01-01")).status_code == 409
    assert not Voucher.objects.exists()


def test_more_lines_keep_what_was_filled_in(as_, city_fund):
    client = as_(city_fund.maker)
    new = reverse("fund:voucher-create", args=[city_fund.book.pk])
    page = text_of(client.post(new, sent(city_fund, _more="1")))
    assert 'name="debit_12"' in page
    assert "1,234.50" in page


def test_a_draft_is_changed_and_who_comes_second_is_told(as_, city_fund):
    client = as_(city_fund.maker)
    made = city_fund.draft()
    change = reverse("fund:voucher-change", args=[made.pk])
    page = client.get(change)
    version = page.context["version"]
    vouchers.change(
        made, on=DAY, summary="另一人改过", entries=city_fund.lines("7.00"), at=clock.now(),
        by=city_fund.checker,
    )  # fmt: skip
    assert client.post(change, sent(city_fund, version=version)).status_code == 409
    version = client.get(change).context["version"]
    client.post(change, sent(city_fund, version=version, form_token="t-2"))
    made.refresh_from_db()
    assert str(made.total) == "1234.50"


def test_a_posted_voucher_is_reversed_from_its_page(as_, city_fund):
    made = city_fund.posted()
    client = as_(city_fund.maker)
    client.post(
        reverse("fund:voucher-reverse", args=[made.pk]),
        {"on": "2020-03-10", "reason": "科目有误", "form_token": "t-3"},
    )
    red = Voucher.objects.get(is_red=True)
    assert red.state == "SUBMITTED"
    city_fund.decide(red)
    page = text_of(client.get(reverse("fund:voucher-detail", args=[red.pk])))
    assert "-100.00" in page
    assert "负壹佰元整" in page


def test_the_trial_balance_leads_to_lines_and_vouchers(as_, city_fund):
    made = city_fund.posted("88.00")
    client = as_(Role.AUDITOR)
    page = text_of(
        client.get(
            reverse("fund:book-detail", args=[city_fund.book.pk]),
            {"from": "2020-03", "to": "2020-03"},
        )
    )
    ledger = reverse("fund:ledger", args=[city_fund.book.pk, city_fund["1003"].pk])
    assert ledger in page
    assert page.count("88.00") >= 6
    lines = text_of(client.get(ledger, {"since": "2020-03-01", "until": "2020-03-31"}))
    assert reverse("fund:voucher-detail", args=[made.pk]) in lines
    for section in ("accounts", "rules", "periods"):
        page = client.get(
            reverse("fund:book-detail", args=[city_fund.book.pk]), {"section": section}
        )
        assert page.status_code == 200


def test_lists_narrow_and_discarding_leads_back_to_them(as_, city_fund):
    city_fund.posted("1.00", summary="甲")
    draft = city_fund.draft("2.00", summary="乙")
    client = as_(city_fund.maker)
    found = text_of(client.get(reverse("fund:voucher-list"), {"state": "DRAFT"}))
    assert "乙" in found
    assert "2020-03-0001" not in found
    assert client.get(reverse("fund:book-list")).status_code == 200
    answer = client.post(reverse("fund:voucher-discard", args=[draft.pk]))
    assert answer.url == reverse("fund:voucher-list")
    assert Voucher.objects.count() == 1


def test_the_number_of_queries_does_not_grow_with_the_vouchers(
    as_, city_fund, django_assert_max_num_queries
):
    client = as_(city_fund.maker)
    for number in range(1, 9):
        city_fund.draft(str(number))
    with django_assert_max_num_queries(30):
        client.get(reverse("fund:voucher-list"))


def test_the_demonstration_keeps_its_books_by_two_people_and_twice_is_once(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    load_areas()
    call_command("make_demo_staff", stdout=io.StringIO())
    for _time in range(2):
        call_command("make_demonstration_fund", stdout=io.StringIO())
    book = Book.objects.get()
    assert Voucher.objects.filter(book=book).count() == 12
    assert Voucher.objects.filter(book=book, state="SUBMITTED").count() == 1
    months = [one for one in periods_of(book) if one.month]
    found = trial_balance(book, months[0], months[-1])
    assert found.is_balanced
    assert integrity.broken_invariants() == []


def test_too_many_papers_are_told_beside_their_field(as_, city_fund):
    client = as_(city_fund.maker)
    new = reverse("fund:voucher-create", args=[city_fund.book.pk])
    answer = client.post(new, sent(city_fund, attachments="40000"))
    assert "attachments" in answer.context["form"].errors
    assert not Voucher.objects.exists()


def test_a_total_beyond_the_books_is_told(as_, city_fund):
    client = as_(city_fund.maker)
    new = reverse("fund:voucher-create", args=[city_fund.book.pk])
    most = "9999999999999999.99"
    more = {"account_3": city_fund["1003"].pk, "debit_1": most, "debit_3": most}
    answer = client.post(new, sent(city_fund, **more))
    assert answer.status_code < 500
    assert not Voucher.objects.exists()


def test_a_draft_longer_than_the_grid_is_not_shortened_by_it(as_, city_fund):
    client = as_(city_fund.maker)
    made = city_fund.draft(entries=city_fund.lines("1.00") * 31)
    change = reverse("fund:voucher-change", args=[made.pk])
    for answer in (client.get(change), client.post(change, sent(city_fund))):
        assert answer.status_code == 302
    assert made.lines.count() == 62
