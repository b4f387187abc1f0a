"""Random decisions and undos on the roll, against a plain model of who holds what."""

import random
from collections import defaultdict

import pytest
from django.db import transaction

from bureau.core import integrity
from bureau.core.models import Area
from enrollment.choices import CoverageState
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    DecisionUndo,
    HouseholdMember,
    PairDecision,
    Person,
    PersonIdentifier,
)
from enrollment.tests import decisions as made

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FILES, WAITING, ACTS = 6, 3, 14


class Model:
    """Rows, whose file each opened, and the decisions in effect; groups by walking."""

    def __init__(self, rows, homes):
        self.rows, self.homes, self.ties = rows, homes, {}

    def holders(self):
        near = defaultdict(set)
        for one, other in self.ties.values():
            near[one].add(other)
            near[other].add(one)
        found = {}
        for start in self.rows:
            seen, todo = {start}, [start]
            while todo:
                fresh = near[todo.pop()] - seen
                seen |= fresh
                todo += fresh
            # The files of a group are one; which of them goes on depends on what came first.
            found[start] = frozenset(self.homes[row] for row in seen if self.homes[row])
        return found


def expect(model, homes_of_things):
    holders = model.holders()
    groups = defaultdict(set)
    for row in model.rows:
        held = made.holder(row)
        assert (held is not None) == bool(holders[row]), row.pk
        if held is not None:
            assert held in holders[row]
            groups[holders[row]].add(held)
    assert all(len(tops) == 1 for tops in groups.values()), "one file holds all of a group"
    top_of = {file: next(iter(tops)) for files, tops in groups.items() for file in files}
    for (table, number), file in homes_of_things.items():
        assert table.objects.get(pk=number).person_id == top_of[file], (table, number)
    for person in Person.objects.all():
        assert (person.state == "MERGED") == (top_of[person.pk] != person.pk)
    for row in model.rows:
        spell = CoverageSpell.objects.filter(source_row=row).first()
        assert (spell.person_id if spell else None) == made.holder(row)
    for file in set(top_of.values()):
        spells = CoverageSpell.objects.filter(person=file, state=CoverageState.IN_FORCE)
        assert spells.count() == 1, "of overlapping coverage one is in force"


@pytest.mark.parametrize("seed", range(12))
def test_the_roll_is_what_the_decisions_in_effect_say(seed, reference):
    chance = random.Random(seed)
    with transaction.atomic():
        batches = [made.roster(Area.objects.get(code=code)) for code in ("210281", "210283")]
        opened = [made.person_row(chance.choice(batches)) for _file in range(FILES)]
        waiting = [made.row(chance.choice(batches), member_no=f"M{n}") for n in range(WAITING)]
        rows = [*opened, *waiting]
        homes = {row: made.holder(row) for row in rows}
        things = {
            (table, number): person
            for table in (PersonIdentifier, HouseholdMember)
            for number, person in table.objects.values_list("pk", "person")
        }
        before = set(CoverageSpell.objects.values_list("pk", "person", "state"))
        model = Model(rows, homes)
        for _act in range(ACTS):
            if model.ties and chance.random() < 0.4:
                number = chance.choice(sorted(model.ties))
                del model.ties[number]
                made.undone(PairDecision.objects.get(pk=number))
            else:
                one, other = sorted(chance.sample(rows, 2), key=lambda row: row.pk)
                asked = CandidatePair.objects.filter(row_a=one, row_b=other).first()
                asked = asked or made.pair(one, other)
                if any({one, other} == set(tie) for tie in model.ties.values()):
                    continue
                model.ties[made.decided(asked).pk] = (one, other)
            if chance.random() < 0.7:
                # Otherwise several decisions are carried out in one step.
                made.carry_out()
                expect(model, things)
        made.carry_out()
        expect(model, things)
        for number in sorted(model.ties, key=lambda _number: chance.random()):
            made.undone(PairDecision.objects.get(pk=number))
        made.carry_out()
        model.ties.clear()
        expect(model, things)
        assert set(CoverageSpell.objects.values_list("pk", "person", "state")) == before
        assert DecisionUndo.objects.count() == PairDecision.objects.count()
        assert integrity.broken_invariants() == []
