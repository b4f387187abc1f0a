"""The chain over posted vouchers: verified in the database, by command, and from a file alone."""

import io
import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from bureau.core import clock, integrity
from bureau.core.actors import Actor
from fund.rules import chain as chain_rules
from fund.selectors import chain
from fund.services import posting, vouchers
from fund.tests.books import DAY, yuan

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(city_fund):
    """A book with vouchers by hand, in bulk, and one in red."""
    first = city_fund.posted("100.00", summary="含|竖线和“引号”的摘要")
    city_fund.approve_rules(["subsidy.received"])
    events = [
        posting.Event(f"e{number}", DAY, {"central": yuan(number), "county": yuan(1)}, "补助",
                      city_fund.book.fund.area_id if number % 2 else None)
        for number in range(1, 8)
    ]  # fmt: skip
    posting.post_many(
        "subsidy.received", posting.frame_of(events), book=city_fund.book, at=clock.now(),
        by=Actor.for_job("t"),
    )  # fmt: skip
    request = vouchers.reverse(first, on=DAY, reason="有误", at=clock.now(), by=city_fund.maker)
    from bureau.core import approvals

    approvals.decide(request.pk, approve=True, by=city_fund.checker, at=clock.now())
    return city_fund


def test_python_computes_the_same_chain_as_the_database(kept):
    found = chain.verified(kept.book)
    assert (found.links, found.vouchers, found.broken) == (3, 9, [])
    assert integrity.broken_invariants() == []


def tampered(statement):
    """Somebody who owns the tables switches the guards off and rewrites the past."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fund_voucherline SET summary = 'x' WHERE id = (SELECT min(id) FROM"
        " fund_voucherline)",
        "UPDATE fund_voucher SET posted_at = posted_at + interval '1 second' WHERE number = 2",
        "UPDATE fund_voucher SET attachments = 9 WHERE number = 1",
        "UPDATE fund_voucher SET source_id = 'other' WHERE number = 5",
        "UPDATE fund_voucherline SET origin_area_id = NULL WHERE origin_area_id IS NOT NULL",
        "UPDATE fund_account SET code = '1999' WHERE code = '1003'",
    ],
)
def test_what_is_rewritten_past_the_guards_is_found(kept, statement):
    tampered(statement)
    assert chain.verified(kept.book).broken
    assert "voucher_chain_unbroken" in [one.name for one in integrity.broken_invariants()]
    with pytest.raises(CommandError, match="broken"):
        call_command("verify_books", stdout=io.StringIO())


def test_a_link_that_is_taken_out_is_missed(kept):
    tampered("DELETE FROM fund_posting WHERE sequence = 2")
    assert chain.verified(kept.book).broken
    assert {one.name for one in integrity.broken_invariants()} >= {
        "every_posting_is_in_the_chain", "voucher_chain_unbroken",
    }  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM fund_posting WHERE sequence = 3",
        "DELETE FROM fund_posting WHERE sequence = 3; UPDATE fund_book SET postings = 2",
    ],
)
def test_the_command_says_when_the_end_of_a_chain_was_cut_off(kept, statement):
    tampered(statement)
    with pytest.raises(CommandError, match="broken"):
        call_command("verify_books", stdout=io.StringIO())


def test_changed_balances_numbers_and_sums_are_found_by_the_invariants(kept):
    for statement, name in (
        ("UPDATE fund_balance SET debit = debit + 1", "balances_equal_lines"),
        ("UPDATE fund_period SET last_number = 4 WHERE month = 3", "voucher_numbers_without_gap"),
        ("UPDATE fund_voucherline SET debit = 7 WHERE debit = 100", "posted_voucher_balances"),
        ("UPDATE fund_voucher SET checker_no = 'N-nobody' WHERE number = 1",
         "posted_voucher_had_two_people"),
    ):  # fmt: skip
        tampered(statement)
        assert name in [one.name for one in integrity.broken_invariants()]


def test_a_file_of_the_chain_is_verified_without_the_portal(kept, tmp_path):
    out = io.StringIO()
    call_command("verify_books", write=tmp_path, stdout=out)
    file = tmp_path / f"{kept.book.fund.code}.jsonl"
    assert "3 links, 9 vouchers, unbroken" in out.getvalue()

    def verify():
        return subprocess.run(
            [sys.executable, "-I", str(settings.BASE_DIR / "fund/rules/chain.py"), str(file)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert verify().returncode == 0, verify().stderr
    lines = file.read_text(encoding="utf-8").splitlines()
    said = json.loads(lines[0])
    said["lines"][0]["debit"] = "100.01"
    file.write_text("\n".join([json.dumps(said), *lines[1:]]), encoding="utf-8")
    assert verify().returncode == 1
    assert "broken at: 1" in verify().stdout


def test_vouchers_behind_the_last_link_are_no_part_of_a_chain():
    line = json.dumps({"voucher": dict.fromkeys(chain_rules.HEAD, ""), "lines": []})
    assert chain_rules.read([line]).broken == [1]
