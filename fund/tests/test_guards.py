"""What the books promise is refused by PostgreSQL on every path, as the portal's own roles."""

# ruff: noqa: S608 (the statements are made of own texts alone)

import datetime

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from bureau.core import approvals, clock, integrity
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.testing.roles import NO_RIGHT, ROLES, As, act_as, make_roles, why_refused
from fund.models import Account, Balance, Period, Posting, PostingRule, Voucher, VoucherLine
from fund.services import books, periods, posting, posting_rules
from fund.services.sealing import seal
from fund.tests.books import DAY, credit, debit, yuan

pytestmark = pytest.mark.django_db
#: COPY speaks past Django, whose errors are those of the driver then.
REFUSED = (IntegrityError, psycopg.IntegrityError)


@pytest.fixture(autouse=True)
def roles():
    make_roles()


@pytest.fixture
def posted(city_fund):
    # An account that no posting rule names.
    lines = [debit(city_fund["1003"], "100.00"), credit(city_fund["4102"], "100.00")]
    return city_fund.posted(entries=lines)


CHANGES_OF_WHAT_IS_POSTED = (
    ("UPDATE fund_voucher SET summary = 'x'", "voucher_posted_stands"),
    ("UPDATE fund_voucher SET total = 1", "voucher_posted_stands"),
    ("UPDATE fund_voucher SET number = 2", "voucher_posted_stands"),
    ("UPDATE fund_voucher SET state = 'DRAFT', number = NULL", "voucher_posted_stands"),
    ("UPDATE fund_voucher SET posted_at = now()", "voucher_posted_stands"),
    ("DELETE FROM fund_voucher", "voucher_posted_stands"),
    ("UPDATE fund_voucherline SET debit = debit + 1 WHERE debit > 0", "voucher_lines_stand"),
    ("UPDATE fund_voucherline SET summary = 'x'", "voucher_lines_stand"),
    ("DELETE FROM fund_voucherline", "voucher_lines_stand"),
    (
        "MERGE INTO fund_voucherline t USING (SELECT 1) o ON true WHEN MATCHED THEN DELETE",
        "voucher_lines_stand",
    ),
    (
        "INSERT INTO fund_voucherline (voucher_id, book_id, is_red, line_no, account_id, debit,"
        " credit, summary) SELECT voucher_id, book_id, false, 9, account_id, 5, 0, 'x'"
        " FROM fund_voucherline LIMIT 1",
        "voucher_lines_stand",
    ),
    ("UPDATE fund_account SET code = '1009' WHERE code = '1003'", "account_stands"),
    ("UPDATE fund_account SET is_leaf = true WHERE code = '4001'", "account_stands"),
    ("UPDATE fund_account SET is_leaf = false WHERE code = '4102'", "voucher_line_names_a_leaf"),
)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("statement", "rule"), CHANGES_OF_WHAT_IS_POSTED)
def test_what_is_posted_is_changed_by_no_statement(posted, role, statement, rule):
    assert why_refused(role, statement) == rule


WITHOUT_A_RIGHT = (
    "UPDATE fund_balance SET debit = 0",
    "INSERT INTO fund_balance (period_id, account_id, debit, credit) VALUES (1, 1, 1, 1)",
    "DELETE FROM fund_balance",
    "UPDATE fund_posting SET digest = ''",
    "DELETE FROM fund_posting",
    "UPDATE fund_period SET last_number = 0",
    "DELETE FROM fund_period",
    "UPDATE fund_book SET postings = 0",
    "DELETE FROM fund_book",
    "TRUNCATE fund_voucherline",
    "TRUNCATE fund_voucher CASCADE",
    "TRUNCATE fund_posting, fund_balance",
    "ALTER TABLE fund_voucher DISABLE TRIGGER ALL",
    "ALTER TABLE fund_voucherline DISABLE TRIGGER USER",
    "DROP TRIGGER lines_inserted ON fund_voucherline",
    "ALTER TABLE fund_voucherline DROP CONSTRAINT voucher_line_names_a_leaf",
    "SET session_replication_role = replica",
    # The functions that write with their owner's rights are nobody else's to hang somewhere.
    "CREATE TEMP TABLE t (LIKE fund_posting); CREATE TRIGGER t AFTER INSERT ON t"
    " FOR EACH ROW EXECUTE FUNCTION fund_seal_posting()",
    "CREATE TEMP TABLE t (LIKE fund_voucher); CREATE TRIGGER t AFTER INSERT ON t REFERENCING"
    " NEW TABLE AS new_vouchers FOR EACH STATEMENT EXECUTE FUNCTION fund_vouchers_written()",
    "SELECT fund_post(id, book_id, 1, 2, 2) FROM fund_period",
)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("statement", WITHOUT_A_RIGHT)
def test_for_the_rest_the_roles_have_no_right(posted, role, statement):
    assert why_refused(role, statement) == NO_RIGHT


ORM = (
    lambda voucher: Voucher.objects.update(summary="x"),
    lambda voucher: voucher.delete(),
    lambda voucher: VoucherLine.objects.filter(voucher=voucher).delete(),
    lambda voucher: VoucherLine.objects.update(debit=1),
    lambda voucher: Voucher.objects.bulk_update([voucher], ["total"]),
    lambda voucher: Voucher.objects.bulk_create(
        [voucher], update_conflicts=True, unique_fields=["id"], update_fields=["summary"]
    ),
    lambda voucher: VoucherLine.objects.create(
        voucher=voucher, book_id=voucher.book_id, line_no=8, summary="x", debit=1, credit=0,
        account_id=voucher.lines.first().account_id,
    ),
    lambda voucher: Period.objects.update(last_number=7),
    lambda voucher: Balance.objects.update(debit=0),
    lambda voucher: Posting.objects.all().delete(),
)  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("place", range(len(ORM)))
def test_nor_by_the_orm(posted, role, place):
    posted.summary, posted.total = "x", yuan(1)
    with pytest.raises(DatabaseError), As(role):
        ORM[place](posted)
    assert integrity.broken_invariants() == []


def an_event(city_fund, number, /, **changes):
    """The columns of a posted event as somebody might write them, past the service."""
    rule = PostingRule.objects.get(book=city_fund.book, event="subsidy.received")
    period = city_fund.period()
    return {
        "book_id": city_fund.book.pk, "period_id": period.pk, "kind": "EVENT", "state": "POSTED",
        "number": number, "voucher_on": DAY, "summary": "x", "total": 5, "attachments": 0,
        "is_red": False, "source_kind": "subsidy.received", "source_id": f"s{number}",
        "rule_id": rule.pk, "maker_no": "", "made_by": "t", "made_at": clock.now(),
        "drafters": [], "checker_no": "", "posted_at": clock.now(),
    } | changes  # fmt: skip


def write(table, *rows):
    """By COPY, as bulk work comes in."""
    with connection.cursor() as cursor:
        columns = ", ".join(rows[0])
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(list(row.values()))


def lines_of(city_fund, number, debit="5.00", credit="5.00", /, **changes):
    voucher = Voucher.objects.get(source_id=f"s{number}")
    base = {"voucher_id": voucher.pk, "book_id": voucher.book_id, "is_red": False, "summary": "x"}
    return [
        base | {"line_no": 1, "account_id": city_fund["1003"].pk, "debit": debit, "credit": 0},
        base | {"line_no": 2, "account_id": city_fund["410101"].pk, "debit": 0, "credit": credit}
        | changes,
    ]  # fmt: skip


def refused_for(act, role):
    def write_and_seal():
        act()
        seal()

    with pytest.raises(REFUSED) as refused, As(role):
        write_and_seal()
    name = integrity.constraint_of(refused.value)
    assert integrity.message_for(name), name
    assert integrity.broken_invariants() == []
    return name


@pytest.fixture
def with_rule(city_fund):
    city_fund.approve_rules(["subsidy.received"])
    return city_fund


@pytest.mark.parametrize("role", ROLES)
def test_what_the_service_writes_may_come_by_copy_as_well(with_rule, role):
    def act():
        write("fund_voucher", an_event(with_rule, 1), an_event(with_rule, 2))
        write("fund_voucherline", *lines_of(with_rule, 1), *lines_of(with_rule, 2))
        seal()

    act_as(role, act)
    assert integrity.broken_invariants() == []
    assert Posting.objects.get().last_number == 2


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("debit", "credit", "changes", "rule"),
    [
        ("5.00", "4.99", {}, "voucher_balances"),
        ("4.00", "4.00", {}, "voucher_balances"),  # not what the voucher says in total
        ("5.00", "5.00", {"account_id": "parent"}, "voucher_line_names_a_leaf"),
        ("5.00", "5.00", {"account_id": "other book"}, "voucher_line_names_a_leaf"),
        ("5.00", "5.00", {"is_red": True}, "voucher_line_of_its_voucher"),
        ("5.00", "5.00", {"debit": "5.00"}, "voucher_line_is_debit_or_credit"),
        ("5.00", "-5.00", {}, "voucher_line_is_debit_or_credit"),
        ("5.00", "0.00", {}, "voucher_line_is_debit_or_credit"),
    ],
)
def test_unsound_lines_are_refused_by_copy(with_rule, role, debit, credit, changes, rule):
    if changes.get("account_id") == "parent":
        changes = {"account_id": with_rule["4101"].pk}
    if changes.get("account_id") == "other book":
        other = books.open_fund(
            code="NCMS-210281", name="新农合基金", kind="NCMS", area=with_rule.book.fund.area,
            first_day=datetime.date(2020, 1, 1), at=clock.now(), by=Actor.for_job("t"),
        )  # fmt: skip
        changes = {"account_id": Account.objects.get(book=other, code="410101").pk}
    if "is_red" in changes:
        changes = {"is_red": True, "credit": "-5.00"}

    def act():
        write("fund_voucher", an_event(with_rule, 1))
        write("fund_voucherline", *lines_of(with_rule, 1, debit, credit, **changes))

    assert refused_for(act, role) == rule


@pytest.mark.parametrize("role", ROLES)
def test_a_posted_voucher_without_lines_is_refused(with_rule, role):
    act = lambda: write("fund_voucher", an_event(with_rule, 1))  # noqa: E731
    assert refused_for(act, role) == "voucher_balances"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("number", "changes", "rule"),
    [
        (2, {}, "voucher_numbers_have_no_gap"),
        (0, {}, "voucher_numbered_when_posted"),
        (1, {"number": None}, "voucher_numbered_when_posted"),
        (1, {"voucher_on": datetime.date(2020, 4, 1)}, "voucher_day_in_its_period"),
        (1, {"source_kind": "clearing.paid"}, "voucher_of_an_event_has_its_rule"),
        (1, {"rule_id": None}, "voucher_posted_by_another"),
        (1, {"source_id": ""}, "voucher_of_an_event_names_it"),
        (1, {"summary": ""}, "voucher_texts_are_one_line"),
        (1, {"summary": "a\nb"}, "voucher_texts_are_one_line"),
        (1, {"kind": "MANUAL", "source_kind": "", "source_id": "", "rule_id": None}, "either"),
        (1, {"state": "SUBMITTED", "number": None, "posted_at": None},
         "voucher_begins_as_a_draft"),
    ],
)  # fmt: skip
def test_unsound_vouchers_are_refused_by_copy(with_rule, role, number, changes, rule):
    act = lambda: write("fund_voucher", an_event(with_rule, number, **changes))  # noqa: E731
    either = {"voucher_posted_by_another", "voucher_begins_as_a_draft"}
    assert refused_for(act, role) in (either if rule == "either" else {rule})


@pytest.mark.parametrize("role", ROLES)
def test_a_draft_rule_posts_nothing(city_fund, role):
    act = lambda: write("fund_voucher", an_event(city_fund, 1))  # noqa: E731
    assert refused_for(act, role) == "voucher_of_an_event_has_its_rule"


@pytest.mark.parametrize("role", ROLES)
def test_no_voucher_is_posted_by_a_statement(city_fund, role):
    made = city_fund.submitted()
    statement = (
        "UPDATE fund_voucher SET state = 'POSTED', number = 1, checker_id = %s, checker_no = %s,"
        " posted_at = now() WHERE id = %s"
    )
    by = city_fund.checker
    assert why_refused(role, statement, by.pk, by.staff_no, made.pk) == "voucher_needs_its_approval"
    by = city_fund.maker
    assert why_refused(role, statement, by.pk, by.staff_no, made.pk) in (
        "voucher_posted_by_another", "voucher_needs_its_approval",
    )  # fmt: skip
    for change in ("total = 1", "summary = 'x'", "voucher_on = '2020-03-01'"):
        assert why_refused(role, f"UPDATE fund_voucher SET {change}") == "voucher_submitted_stands"
    assert why_refused(role, "UPDATE fund_voucherline SET debit = 5 WHERE debit > 0") == (
        "voucher_lines_stand"
    )
    change = "UPDATE fund_voucher SET drafters = '{}', state = 'DRAFT'"
    assert why_refused(role, change) in ("voucher_stands", "voucher_submitted_stands")


@pytest.mark.parametrize("role", ROLES)
def test_a_closed_period_takes_nothing_by_any_way(with_rule, role):
    made = with_rule.draft(on=datetime.date(2020, 1, 9))
    for month in (0, 1):
        period = with_rule.period(month)
        if month:
            Voucher.objects.filter(pk=made.pk).update(period=with_rule.period(3), voucher_on=DAY)
        waiting = periods.request_close(period, at=clock.now(), by=with_rule.maker)
        approvals.decide(waiting.pk, approve=True, by=with_rule.checker, at=clock.now())
    january = with_rule.period(1)
    day = datetime.date(2020, 1, 9)
    late = lambda: write(  # noqa: E731
        "fund_voucher", an_event(with_rule, 1, period_id=january.pk, voucher_on=day)
    )
    assert refused_for(late, role) == "period_closed"
    draft = an_event(
        with_rule, None, period_id=january.pk, voucher_on=day, kind="MANUAL", state="DRAFT",
        source_kind="", source_id="", rule_id=None, posted_at=None,
    )  # fmt: skip
    assert refused_for(lambda: write("fund_voucher", draft), role) == "period_closed"
    move = f"UPDATE fund_voucher SET period_id = {january.pk}, voucher_on = '2020-01-09'"
    assert why_refused(role, move) == "period_closed"
    reopen = "UPDATE fund_period SET state = 'OPEN', closed_by_id = NULL, closed_at = NULL"
    assert why_refused(role, f"{reopen} WHERE month = 1") == "period_closed"


@pytest.mark.parametrize("role", ROLES)
def test_a_period_is_closed_by_two_or_not_at_all(city_fund, role):
    by = city_fund.checker.pk
    statement = f"UPDATE fund_period SET state = 'CLOSED', closed_by_id = {by}, closed_at = now()"
    assert why_refused(role, statement) == "period_close_needs_its_approval"


@pytest.mark.parametrize("role", ROLES)
def test_a_rule_comes_into_force_by_two_or_not_at_all(city_fund, role):
    who = (
        f"approved_by_id = {city_fund.checker.pk}, approved_by_no = '{city_fund.checker.staff_no}'"
    )
    approve = f"UPDATE fund_postingrule SET state = 'APPROVED', {who}, approved_at = now()"
    assert why_refused(role, approve) in ("posting_rule_stands", "posting_rule_needs_its_approval")
    city_fund.approve_rules(["subsidy.received"])
    in_force = "WHERE event = 'subsidy.received'"
    for statement in (
        f"UPDATE fund_postingrule SET title = 'x' {in_force}",
        f"UPDATE fund_postingrule SET period = daterange('2019-01-01', NULL) {in_force}",
        f"DELETE FROM fund_postingrule {in_force}",
        "UPDATE fund_postingruleline SET side = 'DEBIT' WHERE rule_id ="
        f" (SELECT id FROM fund_postingrule {in_force})",
        "DELETE FROM fund_postingruleline WHERE rule_id ="
        f" (SELECT id FROM fund_postingrule {in_force})",
    ):
        assert why_refused(role, statement) == "posting_rule_stands", statement


def test_lines_that_come_after_the_seal_are_refused_in_the_same_transaction(with_rule):
    with transaction.atomic():
        write("fund_voucher", an_event(with_rule, 1))
        write("fund_voucherline", *lines_of(with_rule, 1))
        seal()
    more = [line | {"line_no": line["line_no"] + 2} for line in lines_of(with_rule, 1)]
    with pytest.raises(REFUSED) as refused, transaction.atomic():
        write("fund_voucherline", *more)
    assert integrity.constraint_of(refused.value) == "voucher_lines_stand"


def test_the_owner_is_bound_as_well(posted):
    for statement, rule in CHANGES_OF_WHAT_IS_POSTED:
        with (
            pytest.raises(IntegrityError) as refused,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert integrity.constraint_of(refused.value) == rule


def test_a_red_voucher_that_is_no_mirror_is_refused(city_fund):
    from fund.services import vouchers

    made = city_fund.posted("100.00")
    vouchers.reverse(made, on=DAY, reason="科目有误", at=clock.now(), by=city_fund.maker)
    red = city_fund.decide(Voucher.objects.get(is_red=True), approve=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fund_voucherline SET debit = debit / 2, credit = credit / 2"
            " WHERE voucher_id = %s", [red.pk],
        )  # fmt: skip
        cursor.execute("UPDATE fund_voucher SET total = -50 WHERE id = %s", [red.pk])
    vouchers.submit(red, at=clock.now(), by=city_fund.maker)
    with pytest.raises(DomainError) as refused:
        city_fund.decide(red)
    assert refused.value.code == "voucher_in_red_mirrors"
    red.refresh_from_db()
    assert red.state == "SUBMITTED"


@pytest.mark.parametrize(
    ("year", "month", "first", "last", "rule"),
    [
        (1999, 3, "2020-03-01", "2020-03-31", "period_days_are_its_month"),
        (2021, 1, "2021-01-01", "2021-01-30", "period_days_are_its_month"),
        (2021, 1, "2020-12-31", "2021-01-31", "period_days_are_its_month"),
        (2021, 13, "2021-01-01", "2021-01-31", "period_month_is_a_month"),
        (1999, 0, "1998-12-31", "1998-12-31", "period_opening_once_per_book"),
    ],
)
def test_a_period_is_its_month_and_a_book_opens_once(city_fund, year, month, first, last, rule):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Period.objects.create(
            book=city_fund.book, year=year, month=month, first_day=first, last_day=last
        )
    assert integrity.constraint_of(refused.value) == rule


def test_days_belong_to_one_period_of_the_book(city_fund):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE fund_period DROP CONSTRAINT period_days_are_its_month")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Period.objects.create(
            book=city_fund.book, year=1999, month=3, first_day="2020-03-31", last_day="2020-04-30"
        )
    assert integrity.constraint_of(refused.value) == "period_days_once_per_book"


@pytest.mark.parametrize("role", ROLES)
def test_the_portal_opens_no_period_and_the_operator_does(city_fund, role):
    statement = (
        "INSERT INTO fund_period (book_id, year, month, first_day, last_day, state, last_number)"
        f" VALUES ({city_fund.book.pk}, 2021, 1, '2021-01-01', '2021-01-31', 'OPEN', 0)"
    )
    assert why_refused(role, statement) == "period_opened_by_the_operator"
    books.open_months(city_fund.book, 2021)
    assert Period.objects.filter(book=city_fund.book, year=2021).count() == 12


def an_odd_event(city_fund, changes):
    """Lines that balance and are not those of the rule."""
    first, second = lines_of(city_fund, 1)
    if changes == "other accounts":
        first["account_id"] = city_fund["1004"].pk
    if changes == "other places":
        first["line_no"], second["line_no"] = 98, 99
    if changes == "other sides":
        first |= {"debit": 0, "credit": "5.00"}
        second |= {"debit": "5.00", "credit": 0}
    if changes == "across parts":
        # Debit of the central part, credit of the provincial one.
        second |= {"line_no": 4, "account_id": city_fund["410102"].pk}
    return first, second


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "changes", ["other accounts", "other places", "other sides", "across parts"]
)
def test_an_event_is_posted_as_its_rule_says_or_not_at_all(with_rule, role, changes):
    def act():
        write("fund_voucher", an_event(with_rule, 1))
        write("fund_voucherline", *an_odd_event(with_rule, changes))

    assert refused_for(act, role) == "voucher_of_an_event_follows_its_rule"


@pytest.mark.parametrize("role", ROLES)
def test_nobody_reverses_a_voucher_by_an_event(with_rule, posted, role):
    def act():
        odd = an_event(with_rule, 2, is_red=True, reverses_id=posted.pk, total=-100)
        write("fund_voucher", odd)

    assert refused_for(act, role) == "voucher_of_an_event_is_black"


@pytest.mark.parametrize("role", ROLES)
def test_a_submitted_rule_stands_as_it_was_submitted(city_fund, role):
    rule = PostingRule.objects.get(event="subsidy.received")
    posting_rules.submit(rule, at=clock.now(), by=city_fund.maker)
    for change in (
        "event = 'clearing.paid'", "title = 'x'", "source = 'x'", "certainty = 'SEEN'",
        "period = daterange('2019-01-01', NULL)",
    ):  # fmt: skip
        statement = f"UPDATE fund_postingrule SET {change} WHERE id = {rule.pk}"
        assert why_refused(role, statement) == "posting_rule_stands", change


def test_another_amount_than_was_asked_for_is_not_posted(city_fund):
    made = city_fund.submitted("100.00")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fund_voucher SET state = 'DRAFT' WHERE id = %s", [made.pk])
        cursor.execute("UPDATE fund_voucherline SET debit = debit * 9, credit = credit * 9")
        cursor.execute("UPDATE fund_voucher SET total = 900 WHERE id = %s", [made.pk])
        cursor.execute("UPDATE fund_voucher SET state = 'SUBMITTED' WHERE id = %s", [made.pk])
    with pytest.raises(DomainError) as refused:
        city_fund.decide(made)
    assert refused.value.code == "voucher_is_not_what_was_asked"


@pytest.mark.parametrize("role", ROLES)
def test_an_account_with_lines_keeps_its_name(posted, role):
    rename = "UPDATE fund_account SET name = 'x' WHERE code = '{}'"
    assert why_refused(role, rename.format("1003")) == "account_with_lines_keeps_its_name"
    with connection.cursor() as cursor:
        cursor.execute(rename.format("4201"))
        assert cursor.rowcount == 1


def test_an_account_with_lines_gets_no_sub_account(posted, city_fund):
    parent = city_fund["1003"]
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Account.objects.create(
            book=city_fund.book, code="100301", name="x", parent=parent, level=2, source="t",
            account_class=parent.account_class, side=parent.side, certainty="GENERAL",
        )  # fmt: skip
    assert integrity.constraint_of(refused.value) in (
        "voucher_line_names_a_leaf", "posting_rule_line_names_a_leaf",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"account_class": "LIABILITY"}, "account_hangs_on_its_parent"),
        ({"code": "200101"}, "account_hangs_on_its_parent"),
        ({"level": 3}, "account_hangs_on_its_parent"),
        ({"level": 1}, "account_top_level_has_no_parent"),
        ({"source": ""}, "account_says_its_source"),
        ({"code": "4001a"}, "account_code_is_digits"),
    ],
)
def test_an_account_hangs_on_its_parent(city_fund, changes, rule):
    values = {
        "book": city_fund.book, "code": "400109", "name": "x", "parent": city_fund["4001"],
        "level": 2, "account_class": "INCOME", "side": "CREDIT", "source": "t",
        "certainty": "GENERAL",
    }  # fmt: skip
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Account.objects.create(**values | changes)
    assert integrity.constraint_of(refused.value) == rule


@pytest.mark.parametrize("role", ROLES)
def test_what_the_work_needs_is_allowed_to_the_roles(with_rule, role):
    def act():
        made = with_rule.posted("12.34")
        event = posting.Event("role", DAY, {"central": yuan(5)}, "补助")
        posting.post(
            "subsidy.received", event, book=with_rule.book, at=clock.now(), by=Actor.for_job("t")
        )
        waiting = periods.request_close(with_rule.period(0), at=clock.now(), by=with_rule.maker)
        approvals.decide(waiting.pk, approve=True, by=with_rule.checker, at=clock.now())
        return made

    assert act_as(role, act).number == 1
    assert integrity.broken_invariants() == []
