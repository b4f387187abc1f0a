"""Rosters, corrections, decisions, proofs and rules are not rewritten by SQL of somebody's own."""

# ruff: noqa: S608 (the statements are made of own texts alone)

from typing import Any

import pytest
from django.db import connection

from bureau.core import approvals, clock
from bureau.core.actors import Actor
from bureau.core.models import Area
from bureau.core.tests import factories
from bureau.database import WEB_ROLE
from bureau.intake.choices import BatchState, Channel
from bureau.testing.roles import NO_RIGHT, ROLES, As, act_as, make_roles, why_refused
from enrollment.models import RosterBatch, RosterRow
from enrollment.services import proofs, review_terms, rosters
from enrollment.tests import roster_samples as samples

WAFANGDIAN = "210281"


@pytest.fixture
def roles(db: None) -> None:
    make_roles()


@pytest.fixture
def checked(reference: None, roles: None) -> RosterBatch:
    return samples.roster(Area.objects.get(code=WAFANGDIAN), BatchState.CHECKED)


def person(name: str) -> Any:
    return factories.staff(f"st-{name}")


def confirm(batch: RosterBatch, by: Any) -> Any:
    return rosters.confirm_roster(batch=batch, reason="", at=clock.now(), by=by, actor=Actor.of(by))


def test_a_roster_is_applied_by_two_people_with_the_web_servers_rights(checked, monkeypatch):
    monkeypatch.setattr(rosters.approvals, "may_decide", lambda *_: True)
    clerk, second = person("clerk"), person("second")
    request = act_as(WEB_ROLE, lambda: confirm(checked, clerk))
    for role in ROLES:
        alone = (
            "UPDATE enrollment_rosterbatch SET state = 'APPLYING', approved_at = now(),"
            " approved_by = 'x', approved_by_no = %s"
        )
        for number in (second.staff_no, ""):
            why = why_refused(role, alone, number)
            assert why == "rosterbatch_applied_after_second_person"
    act_as(
        WEB_ROLE,
        lambda: approvals.decide(request.pk, approve=True, by=second, at=clock.now()),
    )
    checked.refresh_from_db()
    assert (checked.state, checked.approved_by_no) == ("APPLYING", second.staff_no)
    for role in ROLES:
        for change in ("approved_by = 'y'", "approved_by_no = 'N-other'", "approved_at = now()",
                       "approved_by_no = ''", "state = 'CHECKED'", "state = 'CANCELLED'",
                       "drafters = '{}'"):  # fmt: skip
            why = why_refused(role, f"UPDATE enrollment_rosterbatch SET {change}")
            assert why in ("roster_stands", "workers_only_grow"), change


@pytest.mark.parametrize("role", ROLES)
def test_what_a_roster_is_does_not_change(checked, role):
    for fact in ("scheme = 'URRBMI'", "year = 2000", "channel = 'COMMAND_LINE'", "area_id = 0",
                 "received_by = 'x'", "rows_declared = 7",
                 "state = 'APPLYING', approved_at = now(),"
                 " approved_by = 'job:import_roster'"):  # fmt: skip
        why = why_refused(role, f"UPDATE enrollment_rosterbatch SET {fact}")
        assert why == "roster_stands", fact
    assert why_refused(role, "DELETE FROM enrollment_rosterbatch") == NO_RIGHT


@pytest.mark.parametrize("role", ROLES)
def test_the_portal_makes_no_roster_that_needs_no_second_person(reference, roles, role):
    """The command's rosters are an operator's act (ADR 9)."""
    for channel, state in (("COMMAND_LINE", "DRAFT"), ("BROWSER", "APPLIED"),
                           ("BROWSER", "AWAITING_APPROVAL")):  # fmt: skip
        statement = (
            "INSERT INTO enrollment_rosterbatch (scheme, area_id, year, channel, state, note,"
            " received_at, received_by, approved_by, confirmed_by, rows_read, rows_accepted,"
            " rows_fixed, rows_review, rows_rejected, rows_not_record, amount_read,"
            " persons_created, rows_attached, pairs_found, approved_at)"
            " SELECT 'NCMS', id, 2015, %s, %s, '', now(), 'x', 'x', '', 0, 0, 0, 0, 0, 0, 0, 0, 0,"
            " 0, now() FROM core_area WHERE code = '210281'"
        )
        assert why_refused(role, statement, channel, state) == "roster_stands"


def test_a_command_lines_roster_that_a_clerk_begins_anew_needs_a_second_person(checked):
    from enrollment.services import reopening

    RosterBatch.objects.filter(pk=checked.pk)._raw_delete("default")
    own = RosterBatch.objects.create(
        area=checked.area, scheme="NCMS", year=2015, state="CHECKED", channel=Channel.COMMAND_LINE,
        received_at=clock.now(), received_by="job:import_roster", checked_at=clock.now(),
    )  # fmt: skip
    li = Actor.of(person("li"))
    again = act_as(WEB_ROLE, lambda: reopening.back_to_columns(batch=own, at=clock.now(), by=li))
    assert again.channel == Channel.BROWSER


@pytest.mark.parametrize("role", ROLES)
def test_a_rosters_file_is_the_file_that_was_sent(checked, role):
    file = samples.roster_file(checked)
    for fact in ("sha256 = repeat('0', 64)", "stored_id = 0", "batch_id = 0", "name = 'other.csv'"):
        why = why_refused(role, f"UPDATE enrollment_rosterfile SET {fact}")
        assert why == "roster_file_stands", fact
    statement = (
        "INSERT INTO enrollment_rosterfile (batch_id, stored_id, name, sha256, shape, layout,"
        " layout_confirmed, problems, withdrawn, blocks_loaded, rows_loaded, is_loaded, told,"
        " samples) SELECT batch_id, stored_id, name, repeat('0', 64), shape, layout, false, '[]',"
        " true, 0, 0, false, '{}', '{}' FROM enrollment_rosterfile"
    )
    assert why_refused(role, statement) == "roster_file_stands"
    assert why_refused(role, "DELETE FROM enrollment_rosterfile") == NO_RIGHT
    assert file.sha256


@pytest.mark.parametrize("role", ROLES)
def test_a_row_stays_in_its_place_as_it_was_written(checked, role):
    file = samples.roster_file(checked)
    RosterRow.objects.create(
        batch=checked, file=file, sheet=1, row_no=2, raw='["王"]', outcome="REVIEW"
    )
    for fact in ("raw = '[\"李\"]'", "raw = '[\"李\"]', version = version + 1", "row_no = 3",
                 "version = 5", "batch_id = 0", "file_id = 0", "sheet = 2"):  # fmt: skip
        why = why_refused(role, f"UPDATE enrollment_rosterrow SET {fact}")
        assert why == "roster_row_stands", fact
    assert why_refused(role, "DELETE FROM enrollment_rosterrow") == NO_RIGHT
    with As(role), connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_rosterrow SET outcome = 'REJECTED'")


@pytest.mark.parametrize("role", ROLES)
def test_rules_and_subsidies_are_drafts_at_first_and_in_force_by_request(reference, roles, role):
    by = "approved_by = 'x', approved_by_no = 'N', approved_at = now()"
    for table in ("enrollment_doubleruleset", "enrollment_subsidystandard"):
        straight = f"UPDATE {table} SET state = 'APPROVED', {by} WHERE state = 'DRAFT'"
        why_refused(role, straight)
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET state = 'SUBMITTED' WHERE state = 'DRAFT'")
            assert cursor.rowcount
        submitted = f"UPDATE {table} SET state = 'APPROVED', {by} WHERE state = 'SUBMITTED'"
        assert why_refused(role, submitted).endswith(("stand_as_approved", "stands_as_approved"))
    born = (
        "INSERT INTO enrollment_subsidystandard (year, scheme, area_id, amount, is_minimum, source,"
        " confidence, state, made_by, made_at, drafters, approved_by, approved_by_no, approved_at)"
        " SELECT 2031, scheme, area_id, 1, false, source, confidence, 'APPROVED', 'x', now(), '{}',"
        " 'x', 'N', now() FROM enrollment_subsidystandard LIMIT 1"
    )
    assert why_refused(role, born) == "subsidy_stands_as_approved"


@pytest.mark.parametrize("role", ROLES)
def test_terms_of_review_and_the_linkage_model_come_by_a_second_person(reference, roles, role):
    act_as(role, lambda: review_terms.terms_on_record(at=clock.now()))
    other = (
        "INSERT INTO enrollment_reviewterms (packet_size, lease_minutes, second_look_share,"
        " second_look_seed, source, made_at, made_by) VALUES (200, 1, 0, '1', 'x', now(), '{}')"
    )
    for name in ("software", "x"):
        assert why_refused(role, other.format(name)) == "review_terms_were_approved"
    for origin, state in (("SHIPPED", "IN_USE"), ("LEARNT", "IN_USE")):
        model = (
            "INSERT INTO enrollment_linkagemodelversion (number, state, origin, weights,"
            " thresholds, vetoes, training, quality, note, made_at, made_by, approved_by,"
            " approved_at) VALUES (77, %s, %s, '{}', '{}', '{}', '{}', '{}', '', now(), 'x', 'x',"
            " now())"
        )
        assert why_refused(role, model, state, origin) == "linkage_model_used_after_second_person"


@pytest.mark.parametrize("role", ROLES)
def test_a_proof_is_signed_by_request(reference, roles, role):
    from enrollment.tests.double_samples import signed_proof

    assert proofs.KIND == "enrollment.proof"
    signed_proof(Area.objects.get(code=WAFANGDIAN))
    second = person("second")
    sign = (
        "UPDATE enrollment_signedproof SET state = 'SIGNED', signed_by_id = %s, signed_by_no = %s,"
        " signed_at = now()"
    )
    assert why_refused(role, sign, second.pk, second.staff_no) == "proof_signed_by_two"
    assert why_refused(role, sign, second.pk, "N-ghost") in (
        "named_by_own_number", "proof_signed_by_two",
    )  # fmt: skip
    for change in ("content = 'x'", "digest = 'x'", "holds = false"):
        why = why_refused(role, f"UPDATE enrollment_signedproof SET {change}")
        assert why == "proof_stands_as_signed"
    assert why_refused(role, "DELETE FROM enrollment_signedproof") == NO_RIGHT


@pytest.mark.parametrize("role", ROLES)
def test_a_proof_is_set_aside_by_request(reference, roles, role):
    from enrollment.tests.double_bad_rows import signed_proof

    made, three = signed_proof(), person("three")
    aside = (
        "UPDATE enrollment_signedproof SET state = 'SET_ASIDE', aside_reason = 'x',"
        " aside_asked_by_id = %s, aside_asked_by_no = %s, aside_by_id = %s, aside_by_no = %s,"
        " aside_at = now()"
    )
    numbers = (three.pk, three.staff_no, made.signed_by_id, made.signed_by_no)
    assert why_refused(role, aside, *numbers) == "proof_set_aside_by_two"
    assert (
        why_refused(role, "UPDATE enrollment_signedproof SET state = 'RETURNED'")
        == "proof_stands_as_signed"
    )
