"""Every part of the frame in a real browser: accessible, usable by keys, and without JavaScript."""

from typing import Any

import pytest
from playwright.sync_api import expect

from bureau.testing.pages import keep_picture, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("gallery"),
]


@pytest.fixture
def files(new_file: Any) -> list[Any]:
    return [new_file(f"名册{n:03}.csv", size=n * 37_000) for n in range(130)]


@pytest.fixture
def record_url(files: list[Any]) -> str:
    return f"/gallery/files/{files[0].pk}/"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("width", [1366, 640])
def test_lists_records_and_forms_are_accessible(
    open_as: Any, axe_source: Any, record_url: str, clerk: Any, language: str, width: int
) -> None:
    addresses = {
        "list": "/gallery/files/",
        "list-empty": "/gallery/files/?purpose=b",
        "list-error": "/gallery/files/?since=2015-02-29",
        "record": record_url,
        "record-history": f"{record_url}?section=history",
        "form": "/gallery/payment/",
    }
    faults: list[str] = []
    for name, address in addresses.items():
        page = open_as(clerk, address, language)
        page.set_viewport_size({"width": width, "height": 900})
        keep_picture(page, f"gallery-{name}-{language}-{width}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source) + page.faults]
        page.faults.clear()
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow} px wider than the window"
    assert faults == []


def test_a_form_is_filled_checked_and_sent_by_keys(
    open_as: Any, axe_source: Any, clerk: Any
) -> None:
    page = open_as(clerk, "/gallery/payment/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#id_name")
    page.keyboard.type("王五")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    keep_picture(page, "gallery-form-errors")
    assert violations(page, axe_source) == []
    page.click("text=金额 >> nth=0")
    page.focus("#id_paid_on")
    page.keyboard.type("2016年9月5日")
    page.focus("#id_amount")
    page.keyboard.type("１，２３４.50")
    page.keyboard.press("Tab")
    page.focus("#id_way_0")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[name=_confirmed]")
    keep_picture(page, "gallery-check")
    assert violations(page, axe_source) == []
    page.focus("[name=_confirmed]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery/files/**")
    assert "已登记" in page.inner_text(".messages")
    expect(page.locator("#live")).to_contain_text("已登记")


def test_a_list_is_sorted_and_paged_in_place(open_as: Any, files: list[Any], clerk: Any) -> None:
    page = open_as(clerk, "/gallery/files/")
    page.evaluate("window.stayed = true")
    page.click("#sort-1")
    page.wait_for_url("**sort=name*")
    assert page.inner_text("#list tbody th") == "名册000.csv"
    page.click("#page-next")
    page.wait_for_url("**after=*")
    assert page.inner_text("#list tbody th") == "名册050.csv"
    assert page.evaluate("window.stayed")
    assert page.evaluate("document.activeElement.id") == "page-next"
    expect(page.locator("#live")).to_contain_text("50")
    page.go_back()
    expect(page.locator("#list tbody th").first).to_have_text("名册000.csv")
    assert page.faults == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_tools_and_chosen_rows_are_accessible_and_work_by_keys(
    open_as: Any, axe_source: Any, files: list[Any], clerk: Any, language: str
) -> None:
    page = open_as(clerk, "/gallery/files/?purpose=a", language)
    page.focus("#saved-filters summary")
    page.keyboard.press("Enter")
    page.focus("#filter-name")
    page.keyboard.type("A 类")
    page.select_option("#filter-audience", "TEAM:210283")
    keep_picture(page, f"gallery-saved-filters-{language}")
    faults = violations(page, axe_source)
    page.focus("#saved-filters .button-main")
    page.keyboard.press("Enter")
    page.wait_for_url("**saved=*")
    page.focus("#list-columns summary")
    page.keyboard.press("Enter")
    page.focus("[data-moves=up] >> nth=3")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    keep_picture(page, f"gallery-columns-{language}")
    faults += violations(page, axe_source)
    page.focus("#list-columns .button-main")
    page.keyboard.press("Enter")
    expect(page.locator("#list thead th").nth(3)).to_contain_text("区域")
    page.focus("[name=chosen] >> nth=0")
    page.keyboard.press("Space")
    page.focus("[name=chosen] >> nth=2")
    page.keyboard.press("Space")
    expect(page.locator("[data-chosen-count]")).to_contain_text("2")
    expect(page.locator("[data-chosen-count]")).to_contain_text("9,472,000.00")
    keep_picture(page, f"gallery-chosen-{language}")
    faults += violations(page, axe_source)
    page.click("#choose-all")
    expect(page.locator("#chosen-form strong")).to_contain_text("130")
    keep_picture(page, f"gallery-all-chosen-{language}")
    faults += violations(page, axe_source)
    page.click("#print-view")
    keep_picture(page, f"gallery-print-view-{language}")
    faults += violations(page, axe_source)
    assert faults + page.faults == []


def test_the_head_of_a_long_list_stays_in_sight_and_hides_no_focus(
    open_as: Any, files: list[Any], clerk: Any
) -> None:
    page = open_as(clerk, "/gallery/files/")
    page.evaluate("document.querySelector('.table-scroll').scrollTop = 900")
    top = "document.querySelector('.table-scroll').getBoundingClientRect().top"
    head = "document.querySelector('#list thead th').getBoundingClientRect()"
    assert abs(page.evaluate(f"{head}.top - {top}")) <= 2
    hidden = page.evaluate(
        """() => [...document.querySelectorAll('#list tbody :is(a, input)')].reverse()
        .filter(part => {
            part.focus();
            const head = document.querySelector('#list thead th').getBoundingClientRect();
            return part.getBoundingClientRect().top < head.bottom - 1;
        }).map(part => part.outerHTML)"""
    )
    assert hidden == []


def test_a_query_by_name_keeps_the_name_out_of_the_address(
    open_as: Any, files: list[Any], clerk: Any
) -> None:
    page = open_as(clerk, "/gallery/files/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "bar-word"
    page.focus("#id_name")
    page.keyboard.type("名册007")
    page.keyboard.press("Enter")
    page.wait_for_url("**given=*")
    assert "007" not in page.url
    assert page.locator("#list tbody tr").count() == 1
    page.focus("#id_name")
    page.keyboard.press("Escape")
    expect(page.locator("#list tbody tr")).to_have_count(50)


def test_single_keys_lead_around_and_can_be_switched_off(open_as: Any, clerk: Any) -> None:
    page = open_as(clerk, "/gallery/payment/")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/todo/")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    keep_picture(page, "gallery-help")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    page.focus("body")
    page.keyboard.press("?")
    page.click("dialog[open] [name=shortcuts]")
    page.wait_for_selector("body[data-shortcuts=off]")
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 0


def test_focus_is_never_hidden_under_the_bar(open_as: Any, files: list[Any], clerk: Any) -> None:
    page = open_as(clerk, "/gallery/files/")
    page.set_viewport_size({"width": 1366, "height": 500})
    hidden = page.evaluate(
        """() => {
        const bar = document.querySelector('.bar');
        const faults = [];
        const parts = document.querySelectorAll('main :is(a, button, input, select)');
        for (const part of parts) {
            if (!part.checkVisibility()) continue;
            part.focus();
            const box = part.getBoundingClientRect();
            if (box.top < bar.getBoundingClientRect().bottom) faults.push(part.outerHTML);
        }
        return faults;
    }"""
    )
    assert hidden == []


def test_targets_are_large_enough(open_as: Any, files: list[Any], clerk: Any) -> None:
    page = open_as(clerk, "/gallery/files/")
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, .menu a, summary')]
        .filter(part => part.checkVisibility() && part.type !== 'checkbox' && part.type !== 'radio')
        .filter(part => part.getBoundingClientRect().height < 24)
        .map(part => part.outerHTML)"""
    )
    assert small == []


def test_everything_works_without_javascript(
    browser: Any, live_server: Any, signed_in: Any, files: list[Any], clerk: Any
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    cookie = signed_in(clerk).cookies["sid"].value
    context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
    page = context.new_page()

    def press(selector: str) -> None:
        """What the click leads to is there before anything of it is looked at."""
        with page.expect_navigation():
            page.click(selector)

    page.goto(f"{live_server.url}/gallery/files/")
    keep_picture(page, "gallery-list-without-javascript")
    press("#sort-1")
    press("#page-next")
    assert page.inner_text("#list tbody th") == "名册050.csv"
    page.fill("#id_name", "名册007")
    press("form.query .button-main")
    assert page.locator("#list tbody tr").count() == 1
    press("form.query a.button")
    page.click("#list-columns summary")
    page.fill("[name=place-until]", "1")
    page.check("#column-number")
    press("#list-columns .button-main")
    assert page.inner_text("#list thead tr").split()[-5:] == [
        "保留至",
        "大小",
        "金额（元）",
        "区域",
        "号码",
    ]
    page.click("#saved-filters summary")
    page.fill("#filter-name", "全部")
    press("#saved-filters .button-main")
    assert "全部" in page.inner_text(".messages")
    press("#choose-all")
    assert "130" in page.inner_text("#chosen-form")
    press("#chosen-form .button-main")
    assert "5" in page.inner_text(".messages")
    press("#print-view")
    assert page.locator("main tbody tr").count() == 130
    press("main .page-actions a")
    press("footer a")
    assert page.locator("kbd").count() > 5
    context.close()


def test_a_print_shows_the_record_alone(open_as: Any, record_url: str, clerk: Any) -> None:
    page = open_as(clerk, record_url)
    page.emulate_media(media="print")
    keep_picture(page, "gallery-record-printed")
    assert not page.locator(".menu").is_visible()
    assert not page.locator(".bar").is_visible()
    assert page.locator(".print-head").is_visible()
    assert clerk.full_name in page.inner_text(".print-head")
