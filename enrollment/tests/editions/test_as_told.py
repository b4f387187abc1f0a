"""Newer editions in which the county tells less, or otherwise, than before."""

import datetime
import json

import pytest

from bureau.core import clock, integrity
from bureau.core.errors import DomainError
from bureau.intake.choices import BatchState
from enrollment.models import CoverageSpell, RosterRow
from enrollment.services import editions
from enrollment.tests import corrections, rosters
from enrollment.tests.editions import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = range(12)


def cells_of(people, *left_out, change=lambda cells, _index: cells):
    """Header and lines without these columns."""
    places = [at for at, name in enumerate(rosters.HEADER) if name not in left_out]
    lines = rosters.lines(people, change=change)
    header = [rosters.HEADER[at] for at in places]
    return header, [[cells[at] for at in places] for cells in lines]


def test_a_correction_stands_when_the_county_repeats_its_fault_in_other_columns():
    first = rosters.bring_in(samples.content(PEOPLE, {7: {"缴费金额": "待定"}}))

    def pay(line):
        line[rosters.HEADER.index("缴费金额")] = "300"

    corrections.take(corrections.load_corrected(first, pay))
    header, lines = cells_of(PEOPLE, change=lambda cells, index: (
        {**cells, "缴费金额": "待定"} if index == 7 else cells
    ))  # fmt: skip
    sent = rosters.csv_of([[*line, "甲"] for line in lines], [*header, "经办"])
    batch = samples.edition(first, sent)
    assert samples.counts(batch) == {"SAME": 12}
    row = RosterRow.objects.get(batch=first, name=rosters.person(7)["姓名"])
    assert (row.amount, json.loads(row.raw)[8]) == (300, "300")


def test_people_without_numbers_are_the_same_where_the_file_names_no_town():
    def change(cells, index):
        return {**cells, "身份证号": "", "户号": ""} if index in (3, 4) else cells

    first = rosters.bring_in(rosters.csv_of(rosters.lines(PEOPLE, change=change)))
    header, lines = cells_of(PEOPLE, "乡镇", change=lambda cells, index: (
        {**change(cells, index), "电话": "13900000003"} if index == 3 else change(cells, index)
    ))  # fmt: skip
    batch = samples.edition(first, rosters.csv_of(lines, header))
    assert samples.counts(batch) == {"SAME": 11, "CHANGED": 1}


def test_which_of_two_namesakes_is_left_out_is_looked_at():
    first = rosters.bring_in(samples.content(PEOPLE, {3: {"姓名": "王伟"}, 4: {"姓名": "王伟"}}))
    told = [name for name in rosters.HEADER if name not in ("姓名", "缴费金额", "年度")]
    header, lines = cells_of(range(11), *told, change=lambda cells, index: (
        {**cells, "姓名": "王伟"} if index == 3 else cells
    ))  # fmt: skip
    del lines[4]
    batch = samples.edition(first, rosters.csv_of(lines, header))
    # The two who stand, and the one who came again.
    assert samples.counts(batch) == {"SAME": 9, "LEFT": 1, "UNSURE": 3}
    assert integrity.broken_invariants() == []


def test_a_second_reason_does_not_replace_the_first():
    first = rosters.bring_in(samples.content(PEOPLE))
    batch = samples.edition(first, samples.content(range(10)))
    one, other = samples.lines(batch)["LEFT"]

    def end(line, reason):
        editions.end_left_out(
            batch=batch, ends_on=datetime.date(2019, 6, 30), reason=reason, lines=[line.pk],
            at=clock.now(), by=rosters.BY,
        )  # fmt: skip

    end(one, "已迁出")
    with pytest.raises(DomainError) as refused:
        end(other, "死亡")
    assert refused.value.code == "ENDS_FOR_ANOTHER_REASON"
    assert samples.of(batch).left_reason == "已迁出"
    # The reason of one and the same line may be put right.
    end(one, "迁往大连")
    end(other, "迁往大连")
    rosters.bring_to(batch, BatchState.APPLIED)
    assert CoverageSpell.objects.filter(reason="EDITION_LEFT_OUT").count() == 2
