"""Each constraint of enrollment and intake rejects its bad row when written around the service."""

import threading
from datetime import date

import pghistory
import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Value
from psycopg.errors import DeadlockDetected

from bureau.core import clock, integrity
from bureau.core.models import Area
from bureau.core.tests import factories
from bureau.intake.models import RememberedLayout
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    Household,
    HouseholdMember,
    LinkageModelVersion,
    Person,
    PersonIdentifier,
    Roll,
    RosterBatch,
    RosterFile,
    RosterLink,
    RosterRow,
)
from enrollment.tests import (
    bad_corrections,
    decision_cases,
    double_bad_rows,
    edition_bad_rows,
    recent_bad_rows,
    rosters,
)

MODELS = [
    model
    for label in ("enrollment", "intake")
    for model in apps.get_app_config(label).get_models()
    if not hasattr(model, "pgh_tracked_model")
]
YEAR = DateRange(date(2019, 1, 1), date(2020, 1, 1))
ALWAYS = DateRange(None, None)
NUMBER = "210281198005170022"


def a_person(**changes):
    values = {"name": "王芳", "name_key": "王芳", "area": Area.objects.get(code="210281")}
    return Person.objects.create(**{**values, "created_at": clock.now(), **changes})


def a_spell(person, **changes):
    values = {"scheme": "NCMS", "area": person.area, "period": YEAR, "state": "IN_FORCE"}
    return CoverageSpell.objects.create(person=person, **{**values, **changes})


def a_number(person, **changes):
    values = {"kind": "RESIDENT_ID", "number": NUMBER, "period": ALWAYS}
    return PersonIdentifier.objects.create(person=person, **{**values, **changes})


def a_household(**changes):
    values = {"scheme": "NCMS", "area": Area.objects.get(code="210281"), "number": "1"}
    return Household.objects.create(**{**values, **changes})


def a_member(household, person):
    return HouseholdMember.objects.create(household=household, person=person, period=YEAR)


def a_row(batch, row_no, **changes):
    file = batch.files.get()
    values = {"sheet": 1, "row_no": row_no, "raw": "[]", "outcome": "ACCEPTED"}
    return RosterRow.objects.create(batch=batch, file=file, **{**values, **changes})


def a_roster():
    return rosters.receive(rosters.csv_of(rosters.lines(range(3))))


def no_two_in_force():
    person = a_person()
    a_spell(person)
    a_spell(person, scheme="UEBMI", period=DateRange(date(2019, 12, 31), None))


def row_covers_once():
    row, person = a_row(a_roster(), 2), a_person()
    a_spell(person, source_row=row)
    a_spell(person, source_row=row, state="DOUBLE")


def number_of_two():
    a_number(a_person(), period=DateRange(date(2010, 1, 1), None))
    a_number(a_person(), period=DateRange(date(2019, 1, 1), None))


def number_of_two_on_a_day():
    a_number(a_person(), period=DateRange(None, date(2019, 1, 2)))
    a_number(a_person(), period=DateRange(date(2019, 1, 1), None))


def number_ended_after_it_was_anothers():
    held = a_number(a_person(), period=DateRange(None, date(2019, 1, 1)))
    a_number(a_person(), period=DateRange(date(2019, 1, 1), None))
    type(held).objects.filter(pk=held.pk).update(period=DateRange(None, date(2020, 1, 1)))


def number_twice():
    person = a_person()
    a_number(person, kind="NCMS_MEMBER", issuer="210281")
    a_number(person, kind="NCMS_MEMBER", issuer="210281")


def merged_nowhere():
    a_person(state="MERGED")


def merged_but_active():
    a_person(merged_into=a_person())


def household_twice():
    file = a_roster().files.get()
    a_household(place="x", file=file)
    a_household(place="x", file=file)


def member_twice():
    household, person = a_household(), a_person()
    a_member(household, person)
    a_member(household, person)


def roll_applied_by_two():
    batch = a_roster()
    Roll.objects.create(pk=1, applying_batch=batch)
    Roll.objects.create(pk=2, applying_batch=batch)


def a_row_without_an_outcome():
    RosterBatch.objects.filter(pk=a_roster().pk).update(checked_at=clock.now(), rows_read=1)


def applied_by_one_alone():
    RosterBatch.objects.filter(pk=a_roster().pk).update(state="APPLIED")


def same_content_in_another_roster():
    file = a_roster().files.get()
    RosterFile.objects.create(
        batch=rosters.receive(), stored=file.stored, name="b", sha256=file.sha256
    )


def same_row_twice():
    batch = a_roster()
    a_row(batch, 2)
    a_row(batch, 2)


def score_beyond_one():
    batch = a_roster()
    RosterLink.objects.create(row=a_row(batch, 2), batch=batch, person_id=1, tier="x", score=1.1)


def pair(first, second, **changes):
    values = {"batch": first.batch, "row_a": first, "row_b": second, "score": 0.5}
    return CandidatePair.objects.create(**{**values, **changes})


def pair_twice():
    batch = a_roster()
    first, second = a_row(batch, 2), a_row(batch, 3)
    pair(first, second)
    pair(first, second)


def pair_out_of_order():
    batch = a_roster()
    first, second = a_row(batch, 2), a_row(batch, 3)
    pair(second, first)


def pair_decided_by_nobody():
    batch = a_roster()
    pair(a_row(batch, 2), a_row(batch, 3), state="SAME", decided_at=clock.now())


def layout_twice():
    for _time in range(2):
        RememberedLayout.objects.create(
            kind="k", source="s", signature="x", confirmed_by="t", confirmed_at=clock.now()
        )


def a_model(number, **fields):
    return LinkageModelVersion.objects.create(
        **{
            "number": number,
            "origin": "ROLLS",
            "made_at": clock.now(),
            "made_by": "t",
            **fields,
        }
    )


def model_twice():
    a_model(2)
    a_model(2)


def two_models_in_use():
    a_model(2, origin="SHIPPED", state="IN_USE")
    a_model(3, origin="SHIPPED", state="IN_USE")


def model_approved_by_its_maker():
    maker = factories.staff()
    a_model(
        2,
        made_by_staff=maker,
        state="IN_USE",
        approved_at=clock.now(),
        approved_by="t",
        approved_by_staff=maker,
    )


def model_rewritten():
    LinkageModelVersion.objects.filter(pk=a_model(2).pk).update(weights={"evidence": {}})


def model_back_in_use():
    a_model(2, origin="SHIPPED", state="RETIRED", retired_at=clock.now())
    LinkageModelVersion.objects.update(state="IN_USE", retired_at=None)


BAD_ROWS = {
    "coverage_no_two_in_force_on_a_day": [no_two_in_force],
    "coverage_period_not_empty": [
        lambda: a_spell(a_person(), period=DateRange(date(2019, 1, 1), date(2019, 1, 1)))
    ],
    "enrollment_coveragespell_source_row_id_key": [row_covers_once],
    "person_has_a_name": [lambda: a_person(name="")],
    "person_merged_points_at_kept": [merged_nowhere, merged_but_active],
    "identifier_once_per_person": [number_twice],
    "identifier_resident_number_of_one_person": [
        number_of_two,
        number_of_two_on_a_day,
        number_ended_after_it_was_anothers,
    ],
    "household_number_once_per_source": [household_twice],
    "household_member_once": [member_twice],
    "roll_is_one": [lambda: Roll.objects.create(pk=2)],
    "rosterbatch_every_row_has_one_outcome": [a_row_without_an_outcome],
    "rosterbatch_applied_after_second_person": [applied_by_one_alone],
    "roster_file_content_once": [same_content_in_another_roster],
    "roster_row_place_once": [same_row_twice],
    "link_score_is_a_share": [score_beyond_one],
    "linkage_model_number_once": [model_twice],
    "linkage_model_one_in_use": [two_models_in_use],
    "linkage_model_used_after_second_person": [
        lambda: a_model(2, state="IN_USE"),
        model_approved_by_its_maker,
    ],
    "linkage_model_retired_on_a_day": [lambda: a_model(2, retired_at=clock.now())],
    "linkage_model_terms_stay": [model_rewritten],
    "linkage_model_not_back": [model_back_in_use],
    "linkage_model_kept": [lambda: a_model(2).delete()],
    "pair_once": [pair_twice],
    "pair_in_order_of_rows": [pair_out_of_order],
    "pair_decision_is_complete": [pair_decided_by_nobody],
    "layout_once_per_source_and_headings": [layout_twice],
    **bad_corrections.BAD_ROWS,
}
BAD_ROWS |= double_bad_rows.BAD_ROWS
BAD_ROWS |= decision_cases.BAD_ROWS
BAD_ROWS |= recent_bad_rows.BAD_ROWS
BAD_ROWS |= edition_bad_rows.BAD_ROWS
CASES = [(name, write) for name, writes in BAD_ROWS.items() for write in writes]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "write"), CASES, ids=lambda case: getattr(case, "__name__", case))
def test_the_bad_row_is_rejected_by_name(name, write, reference):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write()
    assert integrity.constraint_of(error.value) == name
    assert integrity.refusal(error.value).code == name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_constraint_has_a_case_and_a_sentence(model):
    names = {constraint.name for constraint in model._meta.constraints}
    assert names <= set(BAD_ROWS)
    assert [name for name in names if integrity.message_for(name) is None] == []


@pytest.mark.django_db
def test_every_unique_column_has_a_sentence():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
            " WHERE contype IN ('u', 'x') AND relname ~ '^(enrollment|intake)_'"
        )
        silent = [name for (name,) in cursor if integrity.message_for(name) is None]
    assert silent in ([], ["enrollment_roll_applying_batch_id_key"])


@pytest.mark.django_db
def test_what_touches_without_overlapping_is_allowed(reference):
    person = a_person()
    a_spell(person)
    a_spell(person, period=DateRange(date(2020, 1, 1), date(2021, 1, 1)))
    for state in ("DOUBLE", "SUSPENDED", "ENDED", "UNDER_REVIEW"):
        a_spell(person, state=state)
    a_number(person, period=DateRange(None, date(2019, 1, 1)))
    a_number(a_person(), period=DateRange(date(2019, 1, 1), None))
    file = a_roster().files.get()
    for elsewhere in ({"place": "x"}, {"place": "y"}, {"village": "x"}, {"sheet": 2}):
        a_household(file=file, **elsewhere)
    a_household(file=rosters.receive(rosters.csv_of(rosters.lines([7]))).files.get())
    assert integrity.broken_invariants() == []


@pytest.mark.django_db
def test_changes_by_sets_leave_the_former_row(reference):
    people = [a_person() for _number in range(3)]
    for person in people:
        a_spell(person)
    with pghistory.context(act="test"), connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_coveragespell SET state = 'ENDED'")
        cursor.execute("UPDATE enrollment_person SET phone = '1'")
    CoverageSpell.objects.all().update(reason=Value("x"))
    events = apps.get_model("enrollment.CoverageSpellEvent").objects.order_by("pgh_id")
    assert [event.state for event in events] == ["IN_FORCE"] * 3 + ["ENDED"] * 3
    assert {event.pgh_context.metadata["act"] for event in events[:3]} == {"test"}
    assert apps.get_model("enrollment.PersonEvent").objects.count() == 3
    CoverageSpell.objects.all().delete()
    assert events.filter(pgh_label="delete").count() == 3
    for change in (
        "UPDATE enrollment_personevent SET name = 'x'",
        "DELETE FROM enrollment_personevent",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(change)


@pytest.mark.django_db
def test_a_person_with_anything_is_not_deleted(reference):
    spell = a_spell(a_person())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("DELETE FROM enrollment_person WHERE id = %s", [spell.person_id])


@pytest.mark.django_db(transaction=True)
def test_two_writers_do_not_insure_a_person_twice(apart):
    """Whichever order the database puts them in, one of the two is refused."""
    people = [a_person() for _round in range(8)]
    start = threading.Barrier(2)
    refused: list[str] = []

    def insure(scheme):
        try:
            for person in people:
                start.wait(30)
                try:
                    with transaction.atomic():
                        a_spell(person, scheme=scheme)
                except (IntegrityError, OperationalError) as error:
                    # Two that wait for each other: the database ends one of them.
                    deadlock = isinstance(error.__cause__, DeadlockDetected)
                    refused.append("" if deadlock else integrity.constraint_of(error))
        finally:
            connection.close()

    writers = [threading.Thread(target=insure, args=[scheme]) for scheme in ("NCMS", "URBMI")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert len(refused) == 8
    assert set(refused) <= {"coverage_no_two_in_force_on_a_day", ""}
    assert CoverageSpell.objects.filter(state="IN_FORCE").count() == 8
    assert integrity.broken_invariants() == []
