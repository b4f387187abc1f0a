"""Pinyin initials of names: every usual reading of the surname finds the person."""

import polars as pl
import pytest

from enrollment.imports.initials import VARIANTS, initials, initials_of


@pytest.mark.parametrize(
    ("name", "found_under"),
    [
        ("王淑芬", {"wsf"}),
        ("曾国藩", {"cgf", "zgf"}),
        ("单雄信", {"dxx", "sxx"}),
        ("尉迟恭", {"ycg"}),
        ("万俟卨", {"mqx"}),
        ("买买提·吐尔逊", {"mmttex"}),
        ("A明", {"am"}),
        ("", {""}),
    ],
)
def test_a_name_is_found_under_its_initials(name, found_under):
    assert found_under <= set(initials(name).split(" "))


def test_there_are_few_variants_and_no_double_one():
    for character in "单曾解仇查朴翟区重朝省盛行乐":
        variants = initials(f"{character}某").split(" ")
        assert len(variants) == len(set(variants)) <= VARIANTS


def test_a_character_without_a_reading_is_left_out():
    assert initials("李□") == "l"


def test_a_column_keeps_its_order_and_its_gaps():
    names = pl.Series(["赵芳", None, "李明", "赵芳"])
    assert initials_of(names).to_list() == ["zf", None, "lm", "zf"]


def test_a_column_without_names_is_a_column_without_initials():
    found = initials_of(pl.Series([None, None], dtype=pl.String))
    assert (found.dtype, found.to_list()) == (pl.String, [None, None])
