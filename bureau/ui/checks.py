"""What `manage.py check` says of the page frame."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from bureau.ui import exports, navigation
from bureau.ui.tables import MASKED
from bureau.ui.views.lists import ListPage


@register
def menu_leads_somewhere(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[CheckMessage]:
    """Every line of the menu has a route, and the route stands in the access matrix."""
    return [
        Error(
            f"the menu names {route}, which is no route or is not in the access matrix",
            hint="Correct navigation.register(...), the route's name, or bureau/access.toml.",
            id="ui.E001",
        )
        for route in navigation.faults()
    ]


@register
def looks_are_noted(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:
    """Every list that shows people says so, and writes each look down before a row is drawn."""
    return faults_of_looks(exports.every_list())


def faults_of_looks(lists: Iterable[type[ListPage]]) -> list[CheckMessage]:
    """The lists that would show people without a line in the access log."""
    faults: list[CheckMessage] = []
    for page in lists:
        shows_people = any(column.kind in MASKED for column in page.columns)
        if shows_people and not page.personal_label:
            faults.append(
                Error(
                    f"{page.__qualname__} has masked columns but no personal_label",
                    hint="Name the kind of object for the access log.",
                    id="ui.E002",
                )
            )
        elif page.personal_label and page.note_rows is ListPage.note_rows:
            faults.append(
                Error(
                    f"{page.__qualname__} shows people and notes no look at them",
                    hint="Give it note_rows; lists of people have it from ListOfPeople.",
                    id="ui.E003",
                )
            )
    return faults
