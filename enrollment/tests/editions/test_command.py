"""The operator's command names newer editions; without a word it takes them for further parts."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from enrollment.models import RosterEdition
from enrollment.tests import rosters
from enrollment.tests.editions import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


@pytest.fixture
def first():
    return rosters.bring_in(samples.content(range(12)))


def run(folder, *options: str) -> dict:
    out = StringIO()
    call_command(
        "import_roster", str(folder), "--json", "--scheme", "NCMS", "--area", "210281", "--year",
        "2019", *options, stdout=out,
    )  # fmt: skip
    return json.loads(out.getvalue())


def test_an_edition_is_named_and_told_in_figures(first, tmp_path):
    sent = samples.content([*range(11), 12], {1: {"电话": "13900000001"}})
    rosters.write(tmp_path, "瓦房店市2019年新农合二版.csv", sent)
    told = run(tmp_path, "--newer-edition", "--end-left-out", "2019-06-30", "--reason", "已迁出")
    assert told["rosters"][0]["edition"] == {
        "number": 2, "replaces": first.pk, "same": 10, "changed": 1, "new": 1, "left": 1,
        "unsure": 0, "changed_taken": 1, "coverage_ended": 1,
    }  # fmt: skip
    assert told["rosters"][0]["state"] == "APPLIED"


def test_without_a_word_a_like_roster_is_another_part(first, tmp_path):
    rosters.write(tmp_path, "瓦房店市2019年新农合二版.csv", samples.content(range(12, 20)))
    told = run(tmp_path)
    assert "edition" not in told["rosters"][0]
    assert not RosterEdition.objects.exists()


def test_where_several_may_be_meant_the_command_asks(first, tmp_path):
    part = rosters.bring_in(samples.content(range(12, 20)))
    rosters.write(tmp_path, "瓦房店市2019年新农合二版.csv", samples.content(range(12, 19)))
    with pytest.raises(CommandError):
        run(tmp_path, "--newer-edition")
    told = run(tmp_path, "--edition-of", str(part.pk))
    assert told["rosters"][0]["edition"]["replaces"] == part.pk


def test_coverage_ends_only_with_a_reason(first, tmp_path):
    rosters.write(tmp_path, "瓦房店市2019年新农合二版.csv", samples.content(range(9)))
    with pytest.raises(CommandError):
        run(tmp_path, "--newer-edition", "--end-left-out", "2019-06-30")
