"""A voucher in a real browser, in both languages: entered by keyboard alone, posted, printed."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bureau.testing.pages import keep_picture, violations
from fund.models import Voucher
from fund.tests.books import ledger

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_voucher_is_entered_by_keyboard_alone_and_read_everywhere(
    page: Any, live_server: Any, settings: Any, axe_source: Path, language: str
) -> None:
    settings.DEMO = True
    fund = ledger()
    for one in (fund.maker, fund.checker):
        one.language, one.is_demonstration = language, True
        one.save()
    client = Client()
    client.force_login(fund.maker)
    cookie = client.cookies["sid"].value
    page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def look(name: str, address: str = "") -> None:
        if address:
            assert page.goto(f"{live_server.url}{address}").status == 200
        keep_picture(page, f"{name}-{language}")
        faults.extend(f"{name}: {line}" for line in violations(page, axe_source))
        assert page.get_attribute("html", "lang") == language

    posted = fund.posted("81234.50", on=datetime.date(2020, 3, 2))
    fund.submitted("18.00", on=datetime.date(2020, 3, 3))
    look("fund-books", reverse("fund:book-list"))
    look("fund-vouchers", reverse("fund:voucher-list"))
    look("fund-voucher", reverse("fund:voucher-detail", args=[posted.pk]))
    look("fund-reverse", reverse("fund:voucher-reverse", args=[posted.pk]))
    book = reverse("fund:book-detail", args=[fund.book.pk])
    look("fund-balance", f"{book}?section=balance&from=2020-01&to=2020-03")
    for section in ("accounts", "rules", "periods"):
        look(f"fund-{section}", f"{book}?section={section}")
    look("fund-ledger", reverse("fund:ledger", args=[fund.book.pk, fund["1003"].pk]))
    look("fund-entry", reverse("fund:voucher-create", args=[fund.book.pk]))
    enter_by_keyboard(page)
    keep_picture(page, f"fund-entry-filled-{language}")
    assert page.inner_text("[data-sum=debit]") == page.inner_text("[data-sum=credit]") == "600.30"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    made = Voucher.objects.latest("pk")
    assert (made.summary, str(made.total), made.lines.count()) == ("划拨用款", "600.30", 4)
    look("fund-drafted")
    assert faults == []


def enter_by_keyboard(page: Any) -> None:
    """Three lines in debit and one that balances them, without the mouse."""
    page.focus("input[name=on]")
    page.keyboard.press("Control+a")
    page.keyboard.type("2020-03-09")
    page.keyboard.press("Tab")
    page.keyboard.type("划拨用款")
    page.focus("select[name=account_1]")
    for amount in ("100.10", "200.10", "300.10"):
        page.keyboard.type("1004")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.keyboard.type(amount)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    page.keyboard.type("1003")
    for _step in range(3):
        page.keyboard.press("Enter")
    page.keyboard.press("=")
    page.focus("form[data-once] .button-main")
