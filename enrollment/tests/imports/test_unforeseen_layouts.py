"""Rosters in layouts that no county of the city uses are read all the same."""

from datetime import date

import polars as pl

from bureau.intake.frames import frames
from bureau.intake.layouts import missing_required, propose_layout
from bureau.intake.readers import open_source
from enrollment.choices import Scheme
from enrollment.imports.normalise import normalise
from enrollment.imports.roster_context import RosterContext
from enrollment.imports.roster_fields import ROSTER_FIELDS

#: name, number, birth date, sex, relation, household
PEOPLE = [
    ("王秀英", "210211195602251862", "1956-02-25", "女", "户主", "0010010001"),
    ("刘建华", "210211195308072417", "1953-08-07", "男", "配偶", "0010010001"),
    ("于宇", "210211198501202934", "1985-01-20", "男", "子", "0010010001"),
    ("姜丽玲", "210211198210033202", "1982-10-03", "女", "儿媳", "0010010001"),
    ("赵国贵", "210211194702010113", "1947-02-01", "男", "户主", "0010010002"),
    ("赵桂芝", "21021119490710210X", "1949-07-10", "女", "配偶", "0010010002"),
    ("孙玉兰", "", "2004-07-09", "女", "户主", "0010020001"),
]

CONTEXT = RosterContext(
    year=2019,
    reference_on=date(2019, 12, 31),
    fields=frozenset({"name", "id_number", "birth_on"}),
    scheme=Scheme.NCMS,
    amounts_due=False,
)


def read(tmp_path, lines, *, block_rows=50_000):
    path = tmp_path / "list.csv"
    path.write_text("\n".join("\t".join(line) for line in lines), encoding="utf-8")
    with open_source(path) as source:
        layout = propose_layout(source, ROSTER_FIELDS)
        assert not missing_required(layout, ROSTER_FIELDS)
        assert not layout.doubts
        framed = pl.concat(frames(source, layout, ROSTER_FIELDS, block_rows))
    return framed.filter(pl.col("kind") == "record")


def told(records, *fields):
    return [tuple(value or "" for value in row) for row in records.select(fields).rows()]


def test_name_and_sex_in_one_cell(tmp_path):
    lines = [
        ["序号", "姓名/性别", "身份证号", "出生日期", "户主关系"],
        *([str(at), f"{p[0]}/{p[3]}", p[1], p[2], p[4]] for at, p in enumerate(PEOPLE, 1)),
        ["8", "钱多", "", "1990-01-01", "户主"],
    ]
    records = read(tmp_path, lines)
    assert told(records, "name", "sex") == [*((p[0], p[3]) for p in PEOPLE), ("钱多", "")]


def test_number_and_sex_in_one_cell_with_and_without_a_space(tmp_path):
    for sign in (" ", ""):
        lines = [
            ["户成员姓名", "身份证号及性别", "成员关系", "生日"],
            *([p[0], f"{p[1]}{sign}{p[3]}", p[4], p[2]] for p in PEOPLE[:6]),
        ]
        records = read(tmp_path, lines)
        assert told(records, "id_number", "sex") == [(p[1], p[3]) for p in PEOPLE[:6]]


def test_the_relation_in_brackets_behind_the_name(tmp_path):
    lines = [
        ["户号", "姓名(与户主关系)", "身份证", "出生"],
        *([p[5], f"{p[0]}({p[4]})", p[1], p[2]] for p in PEOPLE),
    ]
    assert told(read(tmp_path, lines), "name", "relation") == [(p[0], p[4]) for p in PEOPLE]


def test_a_heading_that_names_two_things_over_cells_with_one_is_no_division(tmp_path):
    lines = [
        ["村/社区", "姓名", "身份证号", "男/女", "电话/手机"],
        *(["甲村", p[0], p[1], p[3], "13800000000"] for p in PEOPLE),
    ]
    records = read(tmp_path, lines)
    expected = [("甲村", p[0], p[3], "13800000000") for p in PEOPLE]
    assert told(records, "village", "name", "sex", "phone") == expected


def test_a_birth_date_in_three_columns(tmp_path):
    for head in (
        [["姓名", "出生年", "月", "日", "身份证号", "年度"]],
        [["姓名", "出生年月日", "", "", "身份证号", "年度"], ["", "年", "月", "日", "", ""]],
    ):
        rows = [[p[0], *(str(int(n)) for n in p[2].split("-")), p[1], "2019"] for p in PEOPLE]
        records = read(tmp_path, [*head, *rows])
        expected = ["-".join(str(int(n)) for n in p[2].split("-")) for p in PEOPLE]
        assert records["birth_on"].to_list() == expected
        assert set(records["year"]) == {"2019"}
        assert records["beyond"].null_count() == records.height


def test_surname_and_given_name_in_two_columns(tmp_path):
    lines = [
        ["户号", "姓", "名", "身份证号", "性别", "出生日期"],
        *([p[5], p[0][0], p[0][1:], p[1], p[3], p[2]] for p in PEOPLE),
    ]
    assert told(read(tmp_path, lines), "name") == [(p[0],) for p in PEOPLE]


def test_the_old_number_beside_the_new_one_is_no_second_person(tmp_path):
    old = [p[1][:6] + p[1][8:17] if at % 2 else "" for at, p in enumerate(PEOPLE)]
    lines = [
        ["姓名", "性别", "一代身份证号", "二代身份证号", "出生日期"],
        *([p[0], p[3], old[at], p[1], p[2]] for at, p in enumerate(PEOPLE)),
    ]
    assert told(read(tmp_path, lines), "id_number") == [(p[1],) for p in PEOPLE]


def test_a_household_line_above_its_members_is_no_record(tmp_path):
    lines = [["户号", "户主姓名", "家庭住址", "姓名", "身份证号", "性别", "出生日期"]]
    for number in ("0010010001", "0010010002"):
        members = [p for p in PEOPLE if p[5] == number]
        lines.append([number, members[0][0], "甲村1组", "", "", "", ""])
        lines += [["", "", "", p[0], p[1], p[3], p[2]] for p in members]
    records = read(tmp_path, lines)
    assert told(records, "name", "household_no") == [(p[0], p[5]) for p in PEOPLE[:6]]


def test_households_and_villages_as_titles_above_their_members(tmp_path):
    lines = [
        ["某区参合人员分户台账"],
        ["序号", "姓名", "与户主关系", "性别", "出生日期", "身份证号"],
    ]
    household = ""
    for at, p in enumerate(PEOPLE):
        if at in (0, 6):
            lines.append([("甲村", "乙村")[at > 0]])
        if p[5] != household:
            household = p[5]
            lines.append([f"户号：{household}   户主：{p[0]}   人口：3人", ""])
        lines.append([str(at), p[0], p[4], p[3], p[2], p[1]])
    expected = [(p[5], "甲村") for p in PEOPLE[:6]] + [(PEOPLE[6][5], "乙村")]
    for block_rows in (50_000, 4):
        records = read(tmp_path, lines, block_rows=block_rows)
        assert told(records, "household_no", "village") == expected
        assert records["head_name"].to_list() == [*["王秀英"] * 4, *["赵国贵"] * 2, "孙玉兰"]
        assert set(records["filled"][0]) == {"household_no", "head_name", "village"}


def test_a_new_village_ends_the_household_before_it(tmp_path):
    head = ["姓名", "与户主关系", "性别", "出生日期", "身份证号"]
    rows = [[p[0], p[4], p[3], p[2], p[1]] for p in PEOPLE]
    lines = [head, ["户号：1"], *rows[:4], ["村：乙村"], *rows[4:]]
    records = read(tmp_path, lines)
    assert records["household_no"].to_list() == [*["1"] * 4, None, None, None]
    assert records["village"].to_list() == [*[None] * 4, *["乙村"] * 3]


def test_a_row_of_kinds_of_values_below_the_headings_is_no_record(tmp_path):
    lines = [
        ["*姓名", "*证件号", "*性别(1-男 2-女)", "出生日期", "金额"],
        ["文本", "文本(18)", "代码", "日期", "数字"],
        *([p[0], p[1], "12"[p[3] == "女"], p[2], "250"] for p in PEOPLE),
    ]
    assert told(read(tmp_path, lines), "name") == [(p[0],) for p in PEOPLE]


def test_of_contributions_of_several_years_the_latest_counts(tmp_path):
    lines = [
        ["姓名", "身份证号", "性别", "2018年缴费", "2019年缴费", "2017年缴费"],
        *([p[0], p[1], p[3], "220", "250", "180"] for p in PEOPLE),
    ]
    records = read(tmp_path, lines)
    assert records.height == len(PEOPLE)
    assert set(records["amount"]) == {"250"}


def test_a_remark_in_a_column_without_a_heading_tells_of_a_death(tmp_path):
    lines = [
        ["姓名", "身份证号", "出生日期", "性别", "与户主关系", "健康状况"],
        *([p[0], p[1], p[2], p[3], p[4], "良好", "已死亡" if p is PEOPLE[1] else ""]
          for p in PEOPLE),
    ]  # fmt: skip
    rows = normalise(read(tmp_path, lines), context=CONTEXT)
    told_dead = rows["reasons"].list.contains("DECEASED").to_list()
    assert told_dead == [p is PEOPLE[1] for p in PEOPLE]


def test_dates_in_the_order_that_the_others_show(tmp_path):
    written = ["25/02/1956", "07/08/1953", "20/01/1985", "03/10/1982", "02/01/1947"]
    lines = [
        ["姓名", "身份证号", "出生日期"],
        *([p[0], p[1], day] for p, day in zip(PEOPLE, written, strict=False)),
    ]
    rows = normalise(read(tmp_path, lines), context=CONTEXT)
    # 02/01 is the second of January there, and the number says the first of February.
    assert rows["reasons"].list.len().to_list() == [0] * 4 + [1]
