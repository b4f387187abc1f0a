"""Menu, statuses and columns refuse what they do not know; a drawn page asks no more questions."""

from typing import Any

import pytest
from django.db import connection
from django.template import Template
from django.test.utils import CaptureQueriesContext

from bureau.core.choices import JobState, Role
from bureau.ui import checks, navigation, statuses
from bureau.ui.tables import Column


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(LookupError, match="nowhere"):
        navigation.register("nowhere", "x", "portal:home")


@pytest.mark.parametrize("route", ["portal:nowhere", "gallery:closed"])
def test_a_line_that_leads_nowhere_is_a_fault_but_breaks_no_page(
    route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(navigation, "_entries", {})
    navigation.register("work", "x", route)
    assert navigation.faults() == [route]
    assert [error.id for error in checks.menu_leads_somewhere(None)] == ["ui.E001"]


def test_an_unknown_tone_is_refused() -> None:
    with pytest.raises(LookupError, match="loud"):
        statuses.register(JobState, {JobState.DONE: "loud"})


def test_an_unknown_state_is_shown_as_it_is() -> None:
    assert statuses.status_of(JobState, "NEW_STATE").label == "NEW_STATE"


@pytest.mark.parametrize("wrong", [{"kind": "odd"}, {"kind": "status"}])
def test_a_column_of_an_unknown_kind_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(LookupError):
        Column("x", "x", **wrong)


@pytest.mark.django_db
@pytest.mark.usefixtures("gallery")
@pytest.mark.parametrize("path", ["/", "/todo/", "/jobs/", "/gallery/files/", "/gallery/payment/"])
def test_templates_ask_the_database_nothing(
    clerk: Any, signed_in: Any, new_file: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_file("a")
    asked: list[str] = []
    drawn = Template._render  # type: ignore[attr-defined]

    def draw(template: Template, context: Any) -> Any:
        with CaptureQueriesContext(connection) as queries:
            text = drawn(template, context)
        asked.extend(query["sql"] for query in queries)
        return text

    client = signed_in(clerk)
    monkeypatch.setattr(Template, "_render", draw)
    assert client.get(path).status_code == 200
    assert asked == []


@pytest.mark.django_db
@pytest.mark.parametrize("marked", [True, False])
def test_an_administrator_finds_the_maintenance_pages_in_the_menu(
    new_staff: Any, signed_in: Any, marked: bool
) -> None:
    administrator = new_staff("system", Role.SYSTEM_ADMINISTRATOR, "city")
    administrator.is_staff = marked
    administrator.save()
    client = signed_in(administrator)
    page = client.get("/")
    groups = {group.key: group.lines for group in page.context["frame"].menu}
    routes = {line.route: line.url for line in groups["administration"]}
    assert ("admin:core_area_changelist" in routes) is marked
    assert "admin:core_staff_changelist" not in routes
    assert "admin:core_accesslog_changelist" not in routes
    for route, url in routes.items():
        assert client.get(url).status_code == 200, route
