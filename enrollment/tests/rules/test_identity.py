"""Identity numbers: each rule at, just below and just above its boundary."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from enrollment.choices import Fix, NumberState, Reason, Sex
from enrollment.rules.identity import (
    check_character,
    clean_number,
    read_number,
    sex_of_number,
    swap_suggestion,
    upgraded,
)
from enrollment.tests.strategies import old_numbers, valid_numbers, written_numbers

STANDARD = "11010519491231002X"


@pytest.mark.parametrize("number", [STANDARD, "440524188001010014"])
def test_the_samples_of_the_standard_are_valid(number):
    assert read_number(number).state is NumberState.VALID


def test_a_number_tells_birth_date_and_sex():
    read = read_number(STANDARD)
    assert (read.number, read.birth_on, read.sex) == (STANDARD, date(1949, 12, 31), Sex.FEMALE)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("11010519491231002x", Fix.ID_CHECK_CHARACTER),
        ("11010519491231002×", Fix.ID_CHECK_CHARACTER),
        ("１１０１０５１９４９１２３１００２Ｘ", Fix.ID_FULL_WIDTH),
        (" 11010519491231002X", Fix.ID_SPACES),
        ("110105 19491231 002X", Fix.ID_SPACES),
        ("11010519491231002X\u3000", Fix.ID_SPACES),
        ("110105\u00a019491231002X", Fix.ID_SPACES),
        ("110105\u200b19491231002X", Fix.ID_INVISIBLE),
        ("\u202d11010519491231002X\u202c", Fix.ID_INVISIBLE),
        ("'11010519491231002X", Fix.ID_WRAPPING),
        ("\t11010519491231002X", Fix.ID_WRAPPING),
        ('="11010519491231002X"', Fix.ID_WRAPPING),
        ("身份证:11010519491231002X", Fix.ID_WRAPPING),
        ("110105-19491231-002X", Fix.ID_SEPARATORS),
        ("110105&#19491231002X", Fix.ID_SEPARATORS),
    ],
)
def test_what_surrounds_a_number_is_removed_and_named(text, fix):
    read = read_number(text)
    assert (read.number, read.fixes) == (STANDARD, (fix,))


def test_an_old_number_is_converted_and_recorded():
    read = read_number("110105491231002")
    assert (read.state, read.number, read.fixes) == (
        NumberState.UPGRADED,
        STANDARD,
        (Fix.ID_UPGRADED,),
    )


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        ("110105194912310021", NumberState.BAD_CHECK, Reason.ID_CHECK_FAILS),
        ("110105194912310000", NumberState.MANGLED, Reason.ID_ZEROES),
        ("11010519491231002", NumberState.BAD_LENGTH, Reason.ID_LENGTH),
        ("1101051949123100212", NumberState.BAD_LENGTH, Reason.ID_LENGTH),
        ("1101051949123100", NumberState.BAD_LENGTH, Reason.ID_LENGTH),
        ("2.10211E+17", NumberState.MANGLED, Reason.ID_SCIENTIFIC),
        ("2.10211197809097e+17", NumberState.MANGLED, Reason.ID_SCIENTIFIC),
        ("210221194712305152.0", NumberState.MANGLED, Reason.ID_DECIMAL),
        ("", NumberState.MISSING, Reason.ID_MISSING),
        (None, NumberState.MISSING, Reason.ID_MISSING),
        ("无", NumberState.PLACEHOLDER, Reason.ID_MISSING),
        ("（无）", NumberState.PLACEHOLDER, Reason.ID_MISSING),
        ("#N/A", NumberState.PLACEHOLDER, Reason.ID_MISSING),
        ("未落户", NumberState.NEWBORN, Reason.NEWBORN_WITHOUT_NUMBER),
        ("G12345678", NumberState.OTHER_DOCUMENT, Reason.ID_OTHER_DOCUMENT),
        ("H0123456789", NumberState.OTHER_DOCUMENT, Reason.ID_OTHER_DOCUMENT),
        ("沈字第12345678号", NumberState.OTHER_DOCUMENT, Reason.ID_OTHER_DOCUMENT),
        ("210211********0015", NumberState.UNREADABLE, Reason.ID_MASKED),
        ("王小明", NumberState.UNREADABLE, Reason.ID_UNREADABLE),
        ("110105490230002", NumberState.BAD_DATE, Reason.ID_DATE),
        ("110105491231996", NumberState.BAD_DATE, Reason.ID_CENTENARIAN),
        ("000105491231002", NumberState.BAD_AREA, Reason.ID_AREA),
    ],
)
def test_what_is_no_usable_number_is_named_and_gives_none(text, state, reason):
    read = read_number(text)
    assert (read.state, read.reason, read.number) == (state, reason, None)


def _with_check(first17):
    return first17 + check_character(first17)


@pytest.mark.parametrize(
    ("first17", "state"),
    [
        ("81000019900101001", NumberState.VALID),
        ("82000019900101001", NumberState.VALID),
        ("83000019900101001", NumberState.VALID),
        ("91100019900101001", NumberState.VALID),
        ("84000019900101001", NumberState.BAD_AREA),
        ("16000019900101001", NumberState.BAD_AREA),
        ("21028218500101001", NumberState.VALID),
        ("21028218491231001", NumberState.BAD_DATE),
        ("21028219000229001", NumberState.BAD_DATE),
        ("21028220000229001", NumberState.VALID),
    ],
)
def test_areas_and_dates_inside_a_number_with_right_check(first17, state):
    assert read_number(_with_check(first17)).state is state


def test_a_genuine_number_that_ends_in_000_is_valid():
    number = next(
        _with_check(f"210211{year}0101000")
        for year in range(1950, 2000)
        if check_character(f"210211{year}0101000") == "0"
    )
    assert read_number(number).state is NumberState.VALID


@given(valid_numbers)
def test_the_check_character_is_that_of_another_implementation(number):
    assert ric.calc_check_digit(number) == number[-1]
    assert read_number(number).state is NumberState.VALID


@given(old_numbers)
def test_a_converted_number_keeps_every_old_digit(number):
    new = upgraded(number)
    assert new[:6] + new[8:17] == number
    assert read_number(number).number == new
    assert read_number(new).state is NumberState.VALID


@given(valid_numbers, st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_never_accepted(number, place, digit):
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        assert read_number(wrong).number is None


@given(valid_numbers, st.integers(0, 15))
def test_a_swap_is_never_accepted_and_the_right_number_may_be_suggested(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped == number:
        return
    assert read_number(swapped).number is None
    read = read_number(number)
    suggestion = swap_suggestion(swapped, birth_on=read.birth_on, sex=read.sex)
    assert suggestion in (number, None)


def test_no_suggestion_without_a_birth_date_or_against_the_sex():
    swapped = "11015019491231002X"
    born = date(1949, 12, 31)
    assert swap_suggestion(swapped, birth_on=born, sex=Sex.FEMALE) == STANDARD
    assert swap_suggestion(swapped, birth_on=born, sex=None) == STANDARD
    assert swap_suggestion(swapped, birth_on=born, sex=Sex.MALE) is None
    assert swap_suggestion(swapped, birth_on=date(1950, 1, 1), sex=None) is None
    assert swap_suggestion(swapped, birth_on=None, sex=None) is None
    assert swap_suggestion("无", birth_on=born, sex=None) is None
    # The last digit is mistyped; only a swap into Tianjin would mend the check character.
    assert swap_suggestion("210281200102285741", birth_on=date(2001, 2, 28), sex=None) is None


@given(st.one_of(written_numbers(), st.text(max_size=25)))
def test_cleaning_again_changes_nothing_more(text):
    once = clean_number(text).text
    assert clean_number(once).text == once


def test_sex_is_the_parity_of_the_seventeenth_digit():
    assert sex_of_number(STANDARD) is Sex.FEMALE
    assert sex_of_number("440524188001010014") is Sex.MALE
