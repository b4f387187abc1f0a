"""What `manage.py check` says of lists that show people."""

from typing import Any

from bureau.ui import exports
from bureau.ui.checks import faults_of_looks
from bureau.ui.tables import Column
from bureau.ui.views import ListPage


class Silent(ListPage):
    personal_label = "gallery.file"
    columns = (Column("name", "姓名", kind="masked_name"),)


class Nameless(ListPage):
    columns = (Column("name", "姓名", kind="masked_name"),)


class Noted(Silent):
    def note_rows(self, rows: list[Any]) -> None:
        """A line a look."""


class Things(ListPage):
    columns = (Column("name", "名称"),)


def test_a_list_of_people_that_notes_no_look_fails_the_build() -> None:
    assert [fault.id for fault in faults_of_looks([Silent, Nameless, Noted, Things])] == [
        "ui.E003",
        "ui.E002",
    ]


def test_every_list_of_the_portal_notes_its_looks() -> None:
    lists = exports.every_list()
    assert len([page for page in lists if page.personal_label]) >= 5
    assert faults_of_looks(lists) == []
