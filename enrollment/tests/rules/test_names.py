"""Names: what is shown, what is compared, what is doubtful."""

import pytest

from enrollment.choices import Fix, Reason
from enrollment.rules.names import comparison_form, read_name


@pytest.mark.parametrize(
    ("text", "name", "key", "fixes"),
    [
        ("王丽", "王丽", "王丽", ()),
        ("王 丽", "王丽", "王丽", (Fix.NAME_SPACES,)),
        ("\u3000王丽\u00a0", "王丽", "王丽", (Fix.NAME_SPACES,)),
        ("王\n丽", "王丽", "王丽", (Fix.NAME_SPACES,)),
        ("王\u200b丽", "王丽", "王丽", (Fix.NAME_INVISIBLE,)),
        ('="王丽"', "王丽", "王丽", (Fix.NAME_WRAPPING,)),
        ("王丽(户主)", "王丽", "王丽", (Fix.NAME_WRAPPING,)),
        ("户主：王丽", "王丽", "王丽", (Fix.NAME_WRAPPING,)),
        ("張麗", "張麗", "张丽", (Fix.NAME_TRADITIONAL,)),
        ("閆麗君", "閆麗君", "闫丽君", (Fix.NAME_TRADITIONAL,)),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提", "阿卜杜拉买买提", (Fix.NAME_DOT,)),
        ("阿卜杜拉．买买提", "阿卜杜拉·买买提", "阿卜杜拉买买提", (Fix.NAME_DOT,)),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提", "阿卜杜拉买买提", ()),
        ("董𫖯", "董𫖯", "董𫖯", ()),
        ("李文㻬", "李文㻬", "李文㻬", ()),
        ("〇小明", "〇小明", "〇小明", ()),
        ("John  Smith", "John Smith", "JOHNSMITH", (Fix.NAME_SPACES,)),
    ],
)
def test_names_are_kept_for_display_and_unified_for_comparison(text, name, key, fixes):
    read = read_name(text)
    assert (read.name, read.key, read.fixes, read.reason) == (name, key, fixes, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("王?", Reason.NAME_RARE_LOST),
        ("解？", Reason.NAME_RARE_LOST),
        ("李俊□", Reason.NAME_RARE_LOST),
        ("李俊\ufffd", Reason.NAME_RARE_LOST),
        ("李俊\ue863", Reason.NAME_RARE_LOST),
        ("王*明", Reason.NAME_RARE_LOST),
        ("王○明", Reason.NAME_RARE_LOST),
        ("张yi明", Reason.NAME_RARE_LOST),
        ("?", Reason.NAME_RARE_LOST),
        ("王丽（死亡）", Reason.DECEASED),
        ("王丽(故)", Reason.DECEASED),
        ("王丽2", Reason.NAME_ODD),
        ("王", Reason.NAME_ODD),
        ("王丽（大）", Reason.NAME_ODD),
        ("王" * 51, Reason.CELL_LONG),
        ("无", Reason.NAME_MISSING),
        ("", Reason.NAME_MISSING),
        (None, Reason.NAME_MISSING),
        (" \u200b", Reason.NAME_MISSING),
    ],
)
def test_damaged_and_doubtful_names_are_named(text, reason):
    assert read_name(text).reason is reason


def test_a_name_of_fifty_characters_is_not_long():
    assert read_name("买" * 50).reason is None


def test_names_with_different_dots_and_scripts_compare_equal():
    assert comparison_form("買買提・艾山") == comparison_form("买买提 艾山")
