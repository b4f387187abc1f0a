"""A list that came in parts and comes in one file, and a file of one township of a list."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from bureau.core import clock, integrity
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.intake.choices import BatchState
from enrollment.imports import edition_compare
from enrollment.models import CoverageSpell, ReplacedRoster, RosterEdition
from enrollment.selectors import editions as selectors
from enrollment.services import editions, undoing
from enrollment.services import rosters as services
from enrollment.tests import rosters
from enrollment.tests.editions import samples
from enrollment.tests.fingerprint import differences, standing
from enrollment.tests.roster_pages import confirm_columns, do_jobs, member, signed_in
from enrollment.tests.undoing import samples as undoes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

#: People of two townships.
HERE, THERE = range(6), range(60, 66)
CHANGED = {1: {"电话": "13900000001"}, 61: {"缴费金额": "300"}}


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def parts():
    """The list of a county, sent township by township."""
    return [rosters.bring_in(samples.content(people)) for people in (HERE, THERE)]


def test_one_file_replaces_both_parts_together(parts):
    first, second = parts
    before = standing()
    sent = samples.content([*range(5), *range(60, 65), 66], CHANGED)
    batch = samples.edition(first, sent, together=[second])
    assert samples.counts(batch) == {"SAME": 8, "CHANGED": 2, "NEW": 1, "LEFT": 2}
    rosters.bring_to(batch, BatchState.APPLIED)
    assert not CoverageSpell.objects.filter(state="DOUBLE").exists()
    assert CoverageSpell.objects.filter(state="IN_FORCE").count() == 13
    for part in parts:
        newer = selectors.newer_of(part)
        assert newer is not None
        assert newer.batch_id == batch.pk
        with pytest.raises(DomainError):
            undoing.ask(batch=part, reason="发错", at=clock.now(), by=undoes.someone("clerk"))
    assert [former.pk for former in selectors.formers_of(batch)] == [first.pk, second.pk]
    undoes.undo(batch)
    told = differences(before, standing())
    assert told == [], "\n".join(told)
    assert selectors.newer_of(first) is selectors.newer_of(second) is None


def test_a_third_edition_stands_beside_both_parts(parts):
    first, second = parts
    sent = samples.content([*HERE, *THERE], CHANGED)
    batch = samples.edition(first, sent, BatchState.APPLIED, together=[second])
    third = samples.edition(batch, samples.content([*HERE, *THERE], CHANGED | {2: {"电话": "1"}}))
    assert samples.counts(third) == {"SAME": 11, "CHANGED": 1}
    assert samples.of(third).number == 3


def test_a_part_has_one_newer_edition(parts):
    first, second = parts
    samples.edition(first, samples.content([*HERE, *THERE]), together=[second])
    draft = rosters.receive(samples.content(range(60, 65)))
    assert selectors.offered_to(draft) == []
    with pytest.raises(DomainError) as refused:
        editions.begin(batch=draft, replaces=second, at=clock.now(), by=rosters.BY)
    assert refused.value.code == "EDITION_NOT_POSSIBLE"


def test_a_withdrawn_edition_of_both_frees_both(parts):
    first, second = parts
    batch = samples.edition(first, samples.content([*HERE, *THERE]), together=[second])
    services.withdraw_roster(batch=batch, at=clock.now(), by=rosters.BY)
    assert not ReplacedRoster.objects.filter(is_open=True).exists()
    draft = rosters.receive(samples.content(range(5)))
    assert selectors.offered_to(draft) == [first, second]


def test_a_file_of_one_township_leaves_the_others_as_they_are():
    whole = rosters.bring_in(samples.content([*HERE, *THERE]))
    sent = samples.content(range(60, 65), {61: {"缴费金额": "300"}})
    batch = samples.edition(whole, sent, only_places=True)
    assert samples.counts(batch) == {"SAME": 4, "CHANGED": 1, "LEFT": 1}
    rosters.bring_to(batch, BatchState.APPLIED)
    other = samples.edition(batch, samples.content(range(5)), only_places=True)
    assert samples.counts(other) == {"SAME": 5, "LEFT": 1}
    rosters.bring_to(other, BatchState.APPLIED)
    assert CoverageSpell.objects.filter(state="IN_FORCE").count() == 12
    assert not CoverageSpell.objects.filter(state="DOUBLE").exists()


def test_who_moved_to_the_township_of_the_file_is_looked_at():
    whole = rosters.bring_in(samples.content([*HERE, *THERE]))
    town = {"乡镇": samples.town_of(60)}
    batch = samples.edition(
        whole, samples.content([*THERE, 2], {2: town}), BatchState.APPLIED, only_places=True
    )
    assert samples.counts(batch) == {"SAME": 6, "UNSURE": 1}


def test_a_file_that_names_no_township_replaces_no_part():
    whole = rosters.bring_in(samples.content([*HERE, *THERE]))
    place = rosters.HEADER.index("乡镇")
    lines = rosters.lines(HERE, change=lambda cells, _index: cells)
    header = [name for name in rosters.HEADER if name != "乡镇"]
    batch = samples.edition(
        whole, rosters.csv_of([cells[:place] + cells[place + 1 :] for cells in lines], header)
    )
    RosterEdition.objects.update(only_places=True)
    with pytest.raises(DomainError) as refused, transaction.atomic():
        edition_compare.compare(batch)
    assert refused.value.code == "EDITION_NAMES_NO_TOWN"


def test_the_pages_ask_for_several_and_name_them(parts, settings):
    settings.DEMO = True
    first, second = parts
    clerk = signed_in(member("clerk", Role.CLERK, first.area, language="en"))
    batch = rosters.receive(
        samples.content([*HERE, *range(60, 65)]), channel=rosters.Channel.BROWSER
    )
    rosters.work("enrollment.look_at_roster", batch)
    confirm_columns(clerk, batch)
    url = f"/rosters/{batch.pk}/"
    assert "several of them together" in clerk.get(url).content.decode()
    clerk.post(f"{url}start/", {"what": "together", "together": [str(first.pk)]})
    assert "Choose at least two rosters" in clerk.get(url).content.decode()
    assert not RosterEdition.objects.exists()
    clerk.post(f"{url}start/", {"what": "together", "together": [str(first.pk), str(second.pk)]})
    do_jobs()
    shown = clerk.get(f"{url}?section=edition")
    assert [former for former, _url in shown.context["formers"]] == [first, second]
    listed = clerk.get("/rosters/").content.decode()
    assert f"replaces no. {first.pk}, {second.pk}" in listed
    former = clerk.get(f"/rosters/{second.pk}/").content.decode()
    assert "There is a newer edition of this roster" in former


def test_the_page_asks_whether_the_file_holds_some_townships_only(settings):
    settings.DEMO = True
    whole = rosters.bring_in(samples.content([*HERE, *THERE]))
    clerk = signed_in(member("clerk", Role.CLERK, whole.area, language="en"))
    batch = rosters.receive(samples.content(range(60, 65)), channel=rosters.Channel.BROWSER)
    rosters.work("enrollment.look_at_roster", batch)
    confirm_columns(clerk, batch)
    url = f"/rosters/{batch.pk}/"
    clerk.post(f"{url}start/", {"what": f"edition:{whole.pk}", "only_places": "on"})
    do_jobs()
    shown = clerk.get(f"{url}?section=edition").content.decode()
    assert f"rows of the others stay as they are: {samples.town_of(60)}" in shown
    effects = dict(clerk.get(f"{url}confirm/").context["effects"])
    assert effects["Only these townships are compared"] == samples.town_of(60)


def test_the_command_names_several(parts, tmp_path):
    rosters.write(
        tmp_path, "瓦房店市2019年新农合二版.csv", samples.content([*HERE, *THERE], CHANGED)
    )
    out = StringIO()
    call_command(
        "import_roster", str(tmp_path), "--json", "--scheme", "NCMS", "--area", "210281", "--year",
        "2019", *(word for part in parts for word in ("--edition-of", str(part.pk))), stdout=out,
    )  # fmt: skip
    told = json.loads(out.getvalue())["rosters"][0]["edition"]
    assert told["replaces_all"] == [part.pk for part in parts]
    assert (told["same"], told["changed_taken"]) == (10, 2)
