"""Frames: every row once, records told from the rest, nothing lost on the way."""

import json

import polars as pl
import pytest

from bureau.intake.frames import frames
from bureau.intake.layouts import propose_layout
from bureau.intake.readers import Limits, open_source
from bureau.intake.rowkinds import weak_kind
from bureau.intake.tests.sample_fields import FIELDS

HEAD = ["序号", "户号", "姓名", "身份证号", "出生日期", "个人缴费", "暗号"]
NUMBER = "210211195602251862"


def framed(tmp_path, rows, *, block_rows=50_000, delimiter=",", limits=None):
    path = tmp_path / "list.csv"
    path.write_bytes("\n".join(delimiter.join(row) for row in rows).encode())
    options = {"limits": limits} if limits else {}
    with open_source(path) as source:
        layout = propose_layout(source, FIELDS)
        return pl.concat(frames(source, layout, FIELDS, block_rows, **options))


def person(at, household="", **changes):
    row = {
        "序号": str(at),
        "户号": household,
        "姓名": "王秀英",
        "身份证号": NUMBER,
        "出生日期": "1956-02-25",
        "个人缴费": "250",
        "暗号": "",
    }
    return list({**row, **changes}.values())


MIXED = [
    (["甲镇2019年名册", "", "", "", "", "", ""], "title"),
    (HEAD, "header"),
    (person(1, "H1"), "record"),
    (person(2), "record"),
    (["小 计", "", "2人", "", "", "500", ""], "subtotal"),
    ([""] * 7, "blank"),
    (["　", " ", "", "", "", "", ""], "blank"),
    (["第1页", "", "", "", "", "", ""], "note"),
    (["甲镇2019年名册", "", "", "", "", "", ""], "title"),
    (HEAD, "header"),
    (["序号", "户号", "姓 名", "证件号码", "生日", "金额", ""], "header"),
    (person(3), "record"),
    (person(4, "H2"), "record"),
    (person(5, 姓名="", 身份证号=""), "record"),
    (person(6, 身份证号="", 出生日期=""), "record"),
    (person(7, 姓名="", 出生日期=""), "record"),
    (person(8, 姓名="", 身份证号="", 出生日期="", 暗号="x"), "record"),
    (person(9, 姓名="合计", 出生日期="小计"), "record"),
    (["18", "", "", "", "", "", ""], "note"),
    (["甲村合计：", "", "7人", "", "", "1750.00元", ""], "subtotal"),
    (["", "", "总计", "12", "", "3,000.00", ""], "subtotal"),
    (["说明：1.本表由各乡镇填报；2.五保由财政资助。", "", "", "", "", "", ""], "note"),
    (["填表人：        审核人：", "", "", "", "", "", "2018年"], "note"),
    (["以上人员均已缴费", "", "", "", "", "", ""], "note"),
]


@pytest.mark.parametrize("block_rows", [1, 3, 50_000])
def test_every_row_has_its_number_and_kind(tmp_path, block_rows):
    frame = framed(tmp_path, [row for row, _ in MIXED], block_rows=block_rows)
    assert frame["row_no"].to_list() == list(range(1, len(MIXED) + 1))
    assert frame["kind"].to_list() == [kind for _, kind in MIXED]


@pytest.mark.parametrize("block_rows", [1, 3, 50_000])
def test_household_is_filled_down_across_pages_and_blocks(tmp_path, block_rows):
    frame = framed(tmp_path, [row for row, _ in MIXED], block_rows=block_rows)
    records = frame.filter(pl.col("kind") == "record")
    assert records["household"].to_list() == ["H1", "H1", "H1", "H2", *["H2"] * 5]
    assert records["filled"].to_list() == [
        [],
        ["household"],
        ["household"],
        [],
        *[["household"]] * 5,
    ]
    assert frame.filter(pl.col("kind") != "record")["filled"].list.len().sum() == 0


@pytest.mark.parametrize("block_rows", [1, 50_000])
def test_a_household_may_stand_in_a_row_of_its_own_above_its_members(tmp_path, block_rows):
    rows = [
        ["户号", "户主", "序号", "姓名", "身份证号"],
        ["H1", "王一", "", "", ""],
        ["", "", "1", "王一", NUMBER],
        ["", "", "2", "王二", NUMBER],
        ["合计", "2人", "", "", ""],
        ["H2", "李一", "", "", ""],
        ["", "", "3", "李一", NUMBER],
    ]
    frame = framed(tmp_path, rows, block_rows=block_rows)
    kinds = ["header", "group", "record", "record", "subtotal", "group", "record"]
    assert frame["kind"].to_list() == kinds
    records = frame.filter(pl.col("kind") == "record")
    assert records["household"].to_list() == ["H1", "H1", "H2"]
    assert records["head_name"].to_list() == ["王一", "王一", "李一"]


def test_new_family_does_not_inherit_what_it_left_empty(tmp_path):
    rows = [
        ["户号", "户主", "姓名", "身份证号"],
        ["H1", "王一", "王一", NUMBER],
        ["", "", "王二", NUMBER],
        ["H2", "", "李一", NUMBER],
        ["", "", "李二", NUMBER],
    ]
    frame = framed(tmp_path, rows)
    assert frame["household"].to_list()[1:] == ["H1", "H1", "H2", "H2"]
    assert frame["head_name"].to_list()[1:] == ["王一", "王一", None, None]
    assert frame["filled"].to_list()[1:] == [[], ["household", "head_name"], [], ["household"]]


def test_raw_holds_the_cells_exactly_and_beyond_what_has_no_field(tmp_path):
    rows = [
        HEAD,
        person(1, "H1", 暗号='say "\\x"\x01'),
        [*person(2, "H1"), "更多", "", "末"],
        person(3, "H1", 姓名="王\0秀"),
        ["4", "H1", "王"],
    ]
    rows[1][6] = '"say ""\\x""\x01"'
    frame = framed(tmp_path, rows)
    raw = [json.loads(line) for line in frame["raw"]]
    assert raw[1][6] == 'say "\\x"\x01'
    assert raw[2][6:] == ["", "更多", "", "末"]
    assert raw[3][2] == "王\0秀"
    assert "\\u0000" in frame["raw"][3]
    assert raw[4] == ["4", "H1", "王"]
    beyond = [json.loads(line) if line else None for line in frame["beyond"]]
    assert beyond[1] == {"序号": "1", "暗号": 'say "\\x"\x01'}
    assert beyond[2] == {"序号": "2", "#8": "更多", "#10": "末"}
    problems = frame["reading_problems"].to_list()
    assert problems == [[], [], ["CELLS_TOO_MANY"], ["NUL_BYTE"], []]
    assert frame["amount"].to_list()[4] is None


def test_long_cells_are_kept_and_marked(tmp_path):
    frame = framed(tmp_path, [HEAD, person(1, 暗号="长" * 5000), person(2)])
    assert frame["reading_problems"].to_list() == [[], ["CELL_TOO_LONG"], []]
    assert json.loads(frame["beyond"][1])["暗号"] == "长" * 5000


def test_row_with_thousands_of_cells_does_not_widen_the_table(tmp_path):
    rows = [HEAD, *(person(at) for at in range(30)), [*person(99), *["x"] * 5000]]
    frame = framed(tmp_path, rows, limits=Limits(columns=50))
    assert frame["kind"][-1] == "record"
    assert frame["reading_problems"].to_list()[-1] == ["CELLS_TOO_MANY"]
    assert len(json.loads(frame["raw"][-1])) == 5007


def test_lost_characters_are_marked(tmp_path):
    frame = framed(tmp_path, [HEAD, person(1, 姓名="王\ufffd英")])
    assert frame["reading_problems"].to_list() == [[], ["CHARACTER_LOST"]]


@pytest.mark.parametrize("delimiter", ["\t", "|"])
def test_raw_with_other_delimiters(tmp_path, delimiter):
    frame = framed(tmp_path, [HEAD, person(1, 暗号="a,b")], delimiter=delimiter)
    assert json.loads(frame["raw"][1])[6] == "a,b"


@pytest.mark.parametrize(
    ("cells", "proofs", "kind"),
    [
        (["本页小计", "40人", "11200"], 0, "subtotal"),
        (["合 计", "1164人"], 0, "subtotal"),
        (["城关街道合计", "12户", "40人"], 0, "subtotal"),
        (["共计：40人11200元"], 0, "subtotal"),
        (["Total", "40"], 0, "subtotal"),
        (["合计家园小区", "王五", "男", "250"], 1, "record"),
        (["总计划村", "王五", "男", "250"], 1, "record"),
        (["总人数：30人", "30", "7500"], 0, "subtotal"),
        (["甲村人数", "30", "7500"], 0, "subtotal"),
        (["第 3 页"], 0, "note"),
        (["共 页 第 页"], 0, "note"),
        (["经办人签字：", "负责人签字：", "日期：2018年12月20日"], 1, "note"),
        (["第3页 共12页"], 0, "note"),
        (["- 3 -"], 0, "note"),
        (["注：户号只填在每户第一行。"], 1, "note"),
        (["审核人：", "日期：2018年12月25日"], 0, "note"),
        (["单位：元"], 1, "note"),
        (["特此证明以上情况全部属实"], 1, "note"),
        (["王五"], 1, "record"),
        (["新华村"], 1, "note"),
        (["第三村民组"], 1, "note"),
        (["丰荣街道（共12户）"], 1, "note"),
        (["新村"], 1, "record"),
        (["新华村", "王五"], 1, "record"),
        (["日照村", "王五", "男"], 1, "record"),
        (["单位宿舍", "王五", "男"], 1, "record"),
        (["17", "甲镇"], 0, "note"),
        (["17", "甲镇", "男", "250"], 0, "record"),
    ],
)
def test_rows_without_much_evidence(cells, proofs, kind):
    assert weak_kind(cells, proofs, "") == kind


@pytest.mark.parametrize("block_rows", [1, 3, 50_000])
def test_a_second_heading_may_put_the_columns_in_another_order(tmp_path, block_rows):
    turned = ["姓名", "身份证号", "暗号", "个人缴费", "户号", "序号", "出生日期"]
    first = [HEAD, person(1, "H1"), person(2, "H1")]
    second = [
        turned,
        *(
            [dict(zip(HEAD, person(at, "H2"), strict=True))[label] for label in turned]
            for at in (3, 4)
        ),
    ]
    rows = [*first, ["下表续"] + [""] * 6, *second, HEAD, person(5, "H3")]
    frame = framed(tmp_path, rows, block_rows=block_rows)
    kinds = ["header", "record", "record", "note", "header", "record", "record", "header", "record"]
    assert frame["kind"].to_list() == kinds
    records = frame.filter(pl.col("kind") == "record")
    assert records["household"].to_list() == ["H1", "H1", "H2", "H2", "H3"]
    assert records["number"].unique().to_list() == [NUMBER]
    assert records["born"].unique().to_list() == ["1956-02-25"]
    assert json.loads(frame["raw"][5])[:2] == ["王秀英", NUMBER]
