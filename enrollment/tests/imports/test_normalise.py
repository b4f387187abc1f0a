"""Rows of rosters judged one fault at a time, as the rules for sample rosters list them."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.choices import (
    FIX_TEXTS,
    REASON_TEXTS,
    Fix,
    NumberState,
    Outcome,
    Reason,
    Scheme,
    SpecialGroup,
)
from enrollment.imports.normalise import (
    OUTPUT_COLUMNS,
    PLACE_COLUMNS,
    finish_roster,
    normalise,
    usual_date_form,
)
from enrollment.imports.roster_context import RosterContext
from enrollment.imports.roster_fields import ROSTER_FIELDS
from enrollment.tests.strategies import written_dates, written_names, written_numbers

NAMES = [field.name for field in ROSTER_FIELDS]
MAPPED = frozenset(
    {
        "id_number", "name", "birth_on", "sex", "household_no", "relation", "special_group",
        "amount", "year", "phone", "remarks", "address",
    }
)  # fmt: skip
GOOD = {
    "id_number": "11010519491231002X", "name": "王丽", "birth_on": "1949-12-31", "sex": "女",
    "household_no": "0010010001", "relation": "户主", "special_group": "一般农民", "amount": "250",
    "year": "2019", "phone": "13812345678",
}  # fmt: skip
SCHEMA = {
    "sheet": pl.Int32, "row_no": pl.Int32, "raw": pl.String, "kind": pl.String,
    "filled": pl.List(pl.String), "beyond": pl.String, "reading_problems": pl.List(pl.String),
    **dict.fromkeys(NAMES, pl.String),
}  # fmt: skip


def context(**changes):
    known = {
        "year": 2019,
        "reference_on": date(2019, 12, 31),
        "fields": MAPPED,
        "scheme": Scheme.NCMS,
        "amounts_due": True,
        "date_form": "DASH",
    }
    return RosterContext(**{**known, **changes})


def frame(*rows):
    return pl.DataFrame(
        [
            {
                "sheet": 1, "row_no": at, "raw": "[]", "kind": "record", "filled": [],
                "reading_problems": [], **row,
            }
            for at, row in enumerate(rows, start=2)
        ],
        schema=SCHEMA,
    )  # fmt: skip


def judged(_context=None, **changes):
    return normalise(frame({**GOOD, **changes}), context=_context or context()).row(0, named=True)


def codes(row):
    return row["outcome"], row["reasons"], row["fixes"]


def test_a_good_row_is_accepted_with_all_its_values():
    row = judged(ethnicity="满族", address="城关街道吴家甸村2组")
    assert codes(row) == (Outcome.ACCEPTED, [], [])
    assert row["id_number"] == "11010519491231002X"
    assert row["id_state"] == NumberState.VALID
    assert (row["birth_on"], row["id_birth_on"]) == (date(1949, 12, 31),) * 2
    assert (row["sex"], row["id_sex"]) == ("FEMALE", "FEMALE")
    assert (row["name"], row["name_key"]) == ("王丽", "王丽")
    assert (row["amount"], row["year"]) == (Decimal("250.00"), 2019)
    assert (row["relation"], row["relation_code"]) == ("户主", "02")
    assert (row["ethnicity"], row["ethnicity_code"]) == ("满族", "11")
    assert row["special_group_code"] == SpecialGroup.ORDINARY


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"id_number": "110105491231002"}, Fix.ID_UPGRADED),
        ({"id_number": "11010519491231002x"}, Fix.ID_CHECK_CHARACTER),
        ({"id_number": "１１０１０５１９４９１２３１００２Ｘ"}, Fix.ID_FULL_WIDTH),
        ({"id_number": "110105\u300019491231002X"}, Fix.ID_SPACES),
        ({"id_number": "11010519491231002X\u200b"}, Fix.ID_INVISIBLE),
        ({"id_number": '="11010519491231002X"'}, Fix.ID_WRAPPING),
        ({"id_number": "11010519491231002X\x00"}, Fix.CELL_NUL),
        ({"birth_on": "1949/12/31"}, Fix.DATE_FORM),
        ({"birth_on": "18263"}, Fix.DATE_SERIAL),
        ({"birth_on": None}, Fix.BIRTH_FROM_NUMBER),
        ({"birth_on": "1949年12月"}, Fix.BIRTH_FROM_NUMBER),
        ({"sex": None}, Fix.SEX_FROM_NUMBER),
        ({"sex": "未知"}, Fix.SEX_FROM_NUMBER),
        ({"name": "王 丽"}, Fix.NAME_SPACES),
        ({"name": "王麗"}, Fix.NAME_TRADITIONAL),
        ({"amount": "250元"}, Fix.AMOUNT_UNIT),
        ({"amount": "２５０"}, Fix.AMOUNT_FULL_WIDTH),
        ({"year": "2019年度"}, Fix.YEAR_FORM),
        ({"year": None, "joined_on": "2019年度"}, Fix.YEAR_FORM),
        ({"filled": ["household_no"]}, Fix.HOUSEHOLD_FILLED),
        ({"remarks": "外出务工\n2018年返乡"}, Fix.CELL_NEWLINE),
        ({"remarks": "=1+1"}, Fix.CELL_FORMULA),
        ({"remarks": "-2+3"}, Fix.CELL_FORMULA),
        ({"remarks": "@SUM(A1)"}, Fix.CELL_FORMULA),
        ({"remarks": "\x00"}, Fix.CELL_NUL),
        ({"reading_problems": ["NUL_BYTE"]}, Fix.CELL_NUL),
    ],
)
def test_what_can_be_repaired_is_accepted_with_the_repair_on_record(changes, fix):
    row = judged(**changes)
    assert codes(row) == (Outcome.FIXED, [], [fix])
    assert row["id_number"] == "11010519491231002X"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id_number": "11010519491231003X"}, Reason.ID_CHECK_FAILS),
        ({"id_number": None}, Reason.ID_MISSING),
        ({"id_number": "待补"}, Reason.ID_MISSING),
        ({"id_number": "13812345678"}, Reason.ID_LENGTH),
        ({"id_number": "E12345678", "certificate_kind": "03"}, Reason.ID_OTHER_DOCUMENT),
        ({"id_number": "12345678", "certificate_kind": "07"}, Reason.ID_OTHER_DOCUMENT),
        ({"birth_on": "1949-12-30"}, Reason.BIRTH_DIFFERS),
        ({"birth_on": "1949-02-30"}, Reason.BIRTH_IMPOSSIBLE),
        ({"birth_on": "1950年12月"}, Reason.BIRTH_DIFFERS),
        ({"birth_on": "属虎，冬月生"}, Reason.BIRTH_UNREADABLE),
        ({"sex": "男"}, Reason.SEX_DIFFERS),
        ({"name": None}, Reason.NAME_MISSING),
        ({"name": "王?"}, Reason.NAME_RARE_LOST),
        ({"amount": None}, Reason.AMOUNT_MISSING),
        ({"amount": "0"}, Reason.AMOUNT_MISSING),
        ({"amount": "-250"}, Reason.AMOUNT_NEGATIVE),
        ({"amount": "已缴"}, Reason.AMOUNT_UNREADABLE),
        ({"year": "2018"}, Reason.YEAR_OTHER),
        ({"year": "去年"}, Reason.YEAR_UNREADABLE),
        ({"scheme_code": "391"}, Reason.SCHEME_OTHER),
        ({"begins_on": "2019-02-30"}, Reason.BEGIN_UNREADABLE),
        ({"remarks": "2019年3月去世"}, Reason.DECEASED),
        ({"remarks": "已故"}, Reason.DECEASED),
        ({"remarks": "2018年已迁往沈阳"}, Reason.GONE),
        ({"remarks": "迁出"}, Reason.GONE),
        ({"remarks": "重复参保，已退费"}, Reason.GONE),
        ({"status": "未参合"}, Reason.GONE),
        ({"remarks": "户" * 501}, Reason.CELL_LONG),
        ({"reading_problems": ["CELLS_TOO_MANY"]}, Reason.READING),
    ],
)
def test_what_a_clerk_must_decide_waits_with_its_reason(changes, reason):
    row = judged(**changes)
    assert codes(row)[:2] == (Outcome.REVIEW, [reason])


@pytest.mark.parametrize("remarks", ["无重复参保", "未退费", "外出务工", "户口迁移办理中，续保"])
def test_a_remark_that_says_nothing_of_leaving_holds_nobody_up(remarks):
    assert codes(judged(remarks=remarks))[:2] == (Outcome.ACCEPTED, [])


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("110105194912310021.0", Reason.ID_DECIMAL),
        ("1.10105E+17", Reason.ID_SCIENTIFIC),
        ("110105194912310000", Reason.ID_ZEROES),
    ],
)
def test_a_number_damaged_by_a_spreadsheet_goes_back_and_is_never_used(number, reason):
    row = judged(id_number=number)
    assert codes(row) == (Outcome.REJECTED, [reason], [])
    assert row["id_number"] is None


def test_a_row_without_name_and_usable_number_goes_back():
    row = judged(name=None, id_number=None)
    assert codes(row) == (Outcome.REJECTED, [Reason.ID_MISSING, Reason.NAME_MISSING], [])


@pytest.mark.parametrize("place", ["phone", "remarks", "beyond", "household_no"])
def test_a_number_in_another_cell_is_proposed_but_not_stored(place):
    row = judged(**{"id_number": "13812345678", "phone": None, place: "11010519491231002x"})
    assert codes(row)[:2] == (Outcome.REVIEW, [Reason.ID_WRONG_COLUMN])
    assert row["id_suggestion"] == "11010519491231002X"
    assert row["id_number"] is None
    assert row["phone"] is None


def test_a_number_of_another_birth_date_in_another_cell_is_not_proposed():
    row = judged(id_number=None, remarks="父亲440524188001010014")
    assert (row["id_suggestion"], row["reasons"]) == (None, [Reason.ID_MISSING])


def test_two_numbers_in_other_cells_leave_the_choice_to_the_clerk():
    row = judged(
        id_number=None, birth_on=None, remarks="11010519491231002X", phone="440524188001010014"
    )
    assert row["id_suggestion"] is None


def test_a_single_swap_that_fits_is_suggested():
    row = judged(id_number="11015019491231002X")
    assert row["id_suggestion"] == "11010519491231002X"
    assert row["reasons"] == [Reason.ID_CHECK_FAILS]
    assert row["id_number"] is None


@pytest.mark.parametrize(
    ("born", "text", "remarks", "reason"),
    [
        ("2019-01-01", None, None, Reason.NEWBORN_WITHOUT_NUMBER),
        ("2018-12-31", None, None, Reason.ID_MISSING),
        ("2018-12-31", None, "新生儿", Reason.NEWBORN_WITHOUT_NUMBER),
        ("2018-12-31", "未落户", None, Reason.NEWBORN_WITHOUT_NUMBER),
        ("1980-01-01", "未落户", None, Reason.ID_MISSING),
        ("2019-07-12", "无", None, Reason.NEWBORN_WITHOUT_NUMBER),
    ],
)
def test_newborns_are_kept_for_completion(born, text, remarks, reason):
    row = judged(id_number=text, birth_on=born, remarks=remarks)
    assert codes(row)[:2] == (Outcome.REVIEW, [reason])


@pytest.mark.parametrize(
    ("group", "amount", "outcome"),
    [
        ("五保户", None, Outcome.ACCEPTED), ("城乡低保对象", "0", Outcome.ACCEPTED),
        ("建档立卡", "0", Outcome.ACCEPTED), ("残疾人", "0", Outcome.REVIEW),
        ("一般农民", "0", Outcome.REVIEW), (None, None, Outcome.REVIEW),
    ],
)  # fmt: skip
def test_only_the_ordinary_have_to_show_a_payment(group, amount, outcome):
    assert judged(special_group=group, amount=amount)["outcome"] == outcome


def test_schemes_without_contributions_in_the_roster_need_no_amount():
    other = context(scheme=Scheme.URBMI, amounts_due=False)
    assert judged(other, amount=None, scheme_code="391")["outcome"] == Outcome.ACCEPTED


def test_columns_that_the_file_lacks_are_no_fault_of_the_row():
    lean = context(fields=frozenset({"id_number", "name"}))
    row = judged(lean, birth_on=None, sex=None, amount=None, year=None)
    assert codes(row) == (Outcome.ACCEPTED, [], [])
    assert row["sex"] == "FEMALE"


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2059, 12, 30), []),
        (date(2059, 12, 31), [Reason.AGE_EXTREME]),
        (date(1949, 12, 31), []),
        (date(1949, 12, 30), [Reason.BIRTH_IN_FUTURE]),
    ],
)
def test_ages_that_cannot_be_wait_for_a_clerk(day, reason):
    assert judged(context(reference_on=day))["reasons"] == reason


def test_rows_that_are_no_records_get_no_findings():
    row = normalise(frame({"kind": "subtotal", "name": "小计"}), context=context()).row(
        0, named=True
    )
    assert codes(row) == (Outcome.NOT_RECORD, [], [])


def test_the_most_severe_outcome_wins_and_every_finding_is_kept():
    row = judged(id_number="1.10105E+17", name="王 丽", amount="-250元", remarks="=1+1")
    assert row["outcome"] == Outcome.REJECTED
    assert row["reasons"] == [Reason.ID_SCIENTIFIC, Reason.AMOUNT_NEGATIVE]
    assert row["fixes"] == [Fix.NAME_SPACES, Fix.AMOUNT_UNIT, Fix.CELL_FORMULA]


def test_text_is_kept_whole_and_formulas_are_kept_as_text():
    row = judged(remarks="户" * 5000)
    assert len(row["remarks"]) == 5000
    assert judged(remarks='=HYPERLINK("x")')["remarks"] == '=HYPERLINK("x")'


def test_a_number_ending_in_000_waits_where_others_of_the_roster_were_damaged():
    number = next(
        text
        for text in (f"21021119{year}0101000" for year in range(50, 99))
        if judged(id_number=text + "0", birth_on=f"{text[6:10]}-01-01")["id_number"]
    )
    genuine = {**GOOD, "id_number": number + "0", "birth_on": f"{number[6:10]}-01-01", "sex": "女"}
    alone = finish_roster(normalise(frame(genuine, GOOD), context=context()))
    assert alone["outcome"].to_list() == [Outcome.ACCEPTED, Outcome.ACCEPTED]
    damaged = {**GOOD, "id_number": "110105194912310000"}
    together = finish_roster(normalise(frame(genuine, damaged, GOOD), context=context()))
    assert together["outcome"].to_list() == [Outcome.REVIEW, Outcome.REJECTED, Outcome.ACCEPTED]
    assert together["reasons"].to_list() == [[Reason.ID_ENDS_000], [Reason.ID_ZEROES], []]


def test_the_usual_date_form_is_that_of_most_rows():
    births = [{"birth_on": text} for text in ("1949/12/31", "1950/1/2", "1950-1-2", "无")]
    assert usual_date_form(frame(*births), reference_on=date(2019, 12, 31)) == "SLASH"
    assert usual_date_form(frame({}), reference_on=date(2019, 12, 31)) is None


def test_an_empty_block_gives_an_empty_frame_with_all_columns():
    empty = normalise(frame(), context=context())
    assert empty.height == 0
    assert tuple(empty.columns) == (*PLACE_COLUMNS, *OUTPUT_COLUMNS)


anything = st.one_of(
    st.none(), st.text(max_size=12), written_numbers(), written_dates(), written_names
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, anything)), min_size=1, max_size=5))
def test_no_row_is_lost_or_left_without_outcome_whatever_it_holds(rows):
    rows = [
        {
            name: text.encode("utf-8", "replace").decode() if text else None
            for name, text in row.items()
        }
        for row in rows
    ]
    read = normalise(frame(*rows), context=context())
    assert read["row_no"].to_list() == list(range(2, len(rows) + 2))
    assert set(read["outcome"]) <= set(Outcome.values)
    waiting = read.filter(read["outcome"].is_in([Outcome.REVIEW, Outcome.REJECTED]))
    assert (waiting["reasons"].list.len() > 0).all()
    repeated = normalise(pl.concat([frame(*rows)] * 2), context=context())
    assert repeated.head(len(rows)).equals(read)


def test_every_code_is_explained():
    assert set(REASON_TEXTS) == set(Reason)
    assert set(FIX_TEXTS) == set(Fix)


def test_a_roster_without_dates_is_read():
    undated = context(fields=MAPPED - {"birth_on"}, date_form=None)
    assert judged(undated, birth_on=None)["outcome"] == Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("group", "fields", "doubted"),
    [
        ("一般农民", MAPPED, True),
        (None, MAPPED, True),
        ("07", MAPPED, False),
        ("低保", MAPPED, False),
        (None, MAPPED - {"special_group"}, False),
    ],
)
def test_a_written_zero_is_doubted_only_for_a_person_known_to_pay(group, fields, doubted):
    row = judged(context(fields=fields), special_group=group, amount="0")
    assert (Reason.AMOUNT_MISSING in row["reasons"]) is doubted


def dues(households, **changes):
    """Rows of households, each a list of the amounts of its members."""
    return normalise(
        frame(
            *(
                {
                    **GOOD,
                    "household_no": f"H{at}",
                    "relation": "子" if member else "户主",
                    "amount": amount,
                    **changes,
                }
                for at, household in enumerate(households)
                for member, amount in enumerate(household)
            )
        ),
        context=context(),
    )


@pytest.mark.parametrize("changes", [{}, {"household_no": None}])
@pytest.mark.parametrize("empty", [None, "0"])
def test_members_are_paid_for_where_dues_stand_once_in_each_household(changes, empty):
    rows = dues([["750", empty, empty], ["500", empty], ["250"], ["500", empty]], **changes)
    for row in rows.iter_rows(named=True):
        paid_itself = bool(row["amount"])
        assert row["outcome"] == (Outcome.ACCEPTED if paid_itself else Outcome.FIXED)
        assert row["fixes"] == ([] if paid_itself else [Fix.PAID_WITH_HOUSEHOLD])
    assert rows["amount"].sum() == Decimal(2000)


def test_a_missing_amount_stays_missing_where_members_pay_themselves():
    rows = dues([["250", None], ["250", "250"], ["250", "250"], ["250", "250"]])
    assert rows["outcome"].to_list().count(Outcome.REVIEW) == 1


def test_a_household_in_which_nobody_paid_waits():
    rows = dues([["750", None, None], ["500", None], ["500", None], [None, None]])
    assert rows["outcome"].to_list()[-2:] == [Outcome.REVIEW] * 2
