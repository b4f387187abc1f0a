"""A small roll made row by row, pairs on it, and decisions carried out without a worker."""

import datetime
import itertools
import json
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from bureau.core import audit, clock
from bureau.core.actors import Actor
from bureau.core.choices import ApprovalState, Role
from bureau.core.models import ApprovalRequest, Area, Staff
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from enrollment.choices import DecisionStage, PacketEnd, PairState, Verdict
from enrollment.choices.bundles import BundledState
from enrollment.imports import merge_work, merging
from enrollment.models import (
    BundledDecision,
    CandidatePair,
    CoverageSpell,
    DecisionBundle,
    DecisionStep,
    DecisionUndo,
    Household,
    HouseholdMember,
    PairDecision,
    Person,
    PersonIdentifier,
    ReviewPacket,
    RosterBatch,
    RosterLink,
    RosterRow,
)
from enrollment.services import bundles
from enrollment.tests import rosters

BY = Actor.for_job("test")
_numbers = itertools.count(1)


def roster(area: Area, *, scheme: str = "NCMS", year: int = 2019) -> RosterBatch:
    """A roster on the roll, without rows yet."""
    at = clock.now()
    batch = rosters.receive(
        rosters.csv_of([[str(next(_numbers))]], header=["姓名"]),
        area=area.code,
        scheme=scheme,  # type: ignore[arg-type]
        year=year,
        channel=Channel.COMMAND_LINE,
    )
    RosterBatch.objects.filter(pk=batch.pk).update(
        state=BatchState.APPLIED, approved_at=at, approved_by="second", applied_at=at
    )
    audit.record("roster.applied", by="test", at=at, target=batch, area=area)
    batch.refresh_from_db()
    return batch


def row(batch: RosterBatch, name: str = "王小明", **changes: Any) -> RosterRow:
    """A row that waits; `person_row` gives it a file."""
    number = next(_numbers)
    values = {
        "batch": batch,
        "file": batch.files.get(),
        "sheet": 1,
        "row_no": number,
        "raw": json.dumps([name, f"2102811980{number:08d}"]),
        "outcome": "REVIEW",
        "reasons": ["ID_CHECK_FAILS"],
        "fixes": [],
        "name": name,
        "name_key": name,
        "name_initials": "wxm",
        "birth_on": datetime.date(1980, 5, 17),
        "sex": "MALE",
        "id_text": f"2102811980{number:08d}",
        "id_state": "BAD_CHECK",
        "household_no": str(number),
        "town": "城关镇",
        "amount": Decimal("250.00"),
        "phone": f"138{number:08d}",
        "address": f"城关镇{number}号",
    }
    return RosterRow.objects.create(**{**values, **changes})


def person_row(batch: RosterBatch, name: str = "王小明", **changes: Any) -> RosterRow:
    """A clean row and the file it opened: number, household, coverage."""
    number = next(_numbers)
    id_number = f"210281198005{number:06d}"
    values = {
        "outcome": "ACCEPTED",
        "reasons": [],
        "id_number": id_number,
        "id_text": id_number,
        "id_state": "VALID",
    }
    made = row(batch, name, **{**values, **changes})
    person = Person.objects.create(
        name=made.name,
        name_key=made.name_key,
        name_initials=made.name_initials,
        sex=made.sex,
        birth_on=made.birth_on,
        phone=made.phone or "",
        address=made.address or "",
        area=batch.area,
        created_at=clock.now(),
    )
    RosterLink.objects.create(
        row=made, batch=batch, person_id=person.pk, opens_file=True, holds_number=True, tier="ALONE"
    )
    PersonIdentifier.objects.create(
        person=person,
        kind="RESIDENT_ID",
        number=made.id_number,
        period=DateRange(None, None),
        source_row=made,
    )
    join_household(person, batch, made.household_no)
    CoverageSpell.objects.create(
        person=person,
        scheme=batch.scheme,
        area=batch.area,
        period=DateRange(datetime.date(batch.year, 1, 1), datetime.date(batch.year + 1, 1, 1)),
        state="IN_FORCE",
        contribution_amount=made.amount,
        source_row=made,
    )
    return made


def join_household(person: Person, batch: RosterBatch, number: str) -> HouseholdMember:
    household, _made = Household.objects.get_or_create(
        scheme=batch.scheme,
        area=batch.area,
        file=batch.files.get(),
        sheet=1,
        place="城关镇",
        number=number,
    )
    return HouseholdMember.objects.create(
        household=household,
        person=person,
        period=DateRange(datetime.date(batch.year, 1, 1), None),
    )


def pair(first: RosterRow, second: RosterRow, **changes: Any) -> CandidatePair:
    """The two rows are a question for a clerk."""
    low, high = sorted([first, second], key=lambda one: one.pk)
    values = {
        "batch": high.batch,
        "row_a": low,
        "row_b": high,
        "score": 0.8,
        "evidence": ["NUMBER_SLIP", "NAME_EQUAL", "BIRTH_EQUAL", "SEX_EQUAL", "PLACE_UNKNOWN"],
    }
    made = CandidatePair.objects.create(**{**values, **changes})
    # The database fills in where the rows lie.
    made.refresh_from_db()
    return made


def clerk(name: str = "clerk", *grants: tuple[Role, Area], **fields: Any) -> Staff:
    """A member of staff; made once."""
    found = Staff.objects.filter(username=name).first()
    return found or factories.staff(name, *grants, password=None, full_name=name, **fields)


def decided(
    asked: CandidatePair,
    verdict: Verdict = Verdict.SAME,
    *,
    by: Staff | None = None,
    approve: bool = True,
    clear: bool = True,
    **fields: Any,
) -> PairDecision:
    """The decision is made and cleared, as if everybody had agreed; or only handed in."""
    by, at = by or clerk(), clock.now()
    packet, _made = ReviewPacket.objects.get_or_create(
        staff=by,
        closed_as=PacketEnd.HANDED_IN,
        defaults={
            "staff_no": by.staff_no,
            "size": 1,
            "taken_at": at,
            "lease_until": at,
            "closed_at": at,
        },
    )
    made = PairDecision.objects.create(
        pair=asked,
        turn=PairDecision.objects.filter(pair=asked).count() + 1,
        verdict=verdict,
        packet=packet,
        by=by,
        by_staff_no=by.staff_no,
        by_text=str(by),
        at=at,
        **fields,
    )
    if verdict == Verdict.SAME and approve:
        approved(made)
    stage = DecisionStage.CLEARED if clear else DecisionStage.HANDED_IN
    DecisionStep.objects.create(decision=made, stage=stage, by_text="t", at=at)
    CandidatePair.objects.filter(pk=asked.pk).update(
        state=verdict.value if clear else PairState.CHECKING, decided_by=str(by), decided_at=at
    )
    return made


def approved(decision: PairDecision) -> None:
    """A second person approved what the decision does."""
    checker, at = clerk("checker"), clock.now()
    bundle = DecisionBundle.objects.create(packet=decision.packet, made_at=at)
    made = ApprovalRequest.objects.create(
        kind=bundles.KIND,
        target_label=DecisionBundle._meta.label_lower,
        target_id=bundle.pk,
        title="t",
        area=decision.pair.batch.area,
        summary={"decisions": 1},
        maker=decision.by,
        maker_staff_no=decision.by_staff_no,
        made_at=at,
    )
    # A request begins by waiting, whoever makes it, and so does what it asks about.
    line = BundledDecision.objects.create(bundle=bundle, approval=made, decision=decision)
    ApprovalRequest.objects.filter(pk=made.pk).update(
        state=ApprovalState.APPROVED,
        checker=checker,
        checker_staff_no=checker.staff_no,
        checked_at=at,
    )
    BundledDecision.objects.filter(pk=line.pk).update(
        state=BundledState.APPROVED, settled_by=str(checker), settled_at=at
    )
    audit.record("approval.approve", by=checker, at=at, target=made)


def undone(decision: PairDecision) -> DecisionUndo:
    """The decision is taken back, as if a second person had agreed."""
    by, at = clerk(), clock.now()
    made = DecisionUndo.objects.create(
        decision=decision, cause="CLERK", by=by, by_text=str(by), at=at
    )
    CandidatePair.objects.filter(pk=decision.pair_id).update(
        state=PairState.CHECKING, decided_by=str(by), decided_at=at
    )
    return made


def carry_out() -> int:
    """Everything that waits is carried out here; returns how many decisions that were."""
    done = 0
    while work := merge_work.work_waiting(100):
        assert merging.hold_roll()
        merging.settle(work, by=BY, at=clock.now())
        done += len(work)
    return done


def holder(made: RosterRow) -> int | None:
    """Whose the row is now."""
    return RosterLink.objects.filter(pk=made.pk).values_list("person_id", flat=True).first()
