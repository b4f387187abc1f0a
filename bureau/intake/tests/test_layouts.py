"""Tables nobody has seen are understood: where the heading is and which column is what."""

import json

import openpyxl
import pytest

from bureau.intake.headings import heading_fit
from bureau.intake.layouts import missing_required, propose_layout, reason_of
from bureau.intake.readers import open_source
from bureau.intake.remembered import adopt
from bureau.intake.shapes import FileLayout, normal_heading
from bureau.intake.tests.sample_fields import FIELDS

PEOPLE = [
    ("王秀英", "210211195602251862", "1956-02-25", "女", "户主"),
    ("刘建华", "210211195308072417", "1953-08-07", "男", "配偶"),
    ("于宇", "210211198501202934", "1985-01-20", "男", "子"),
    ("姜丽玲", "210211198210033202", "1982-10-03", "女", "儿媳"),
    ("赵国贵", "210211194702010113", "1947-02-01", "男", "户主"),
    ("赵桂芝", "21021119490710210x", "1949-07-10", "女", "配偶"),
]


def layout_of(tmp_path, rows, *, fields=FIELDS):
    path = tmp_path / "list.csv"
    path.write_text("\n".join(",".join(row) for row in rows))
    with open_source(path) as source:
        return propose_layout(source, fields)


def mapping(layout, sheet=0):
    return {c.header: c.field for c in layout.sheets[sheet].columns if c.field}


def book_layout(tmp_path, *sheets, hidden=()):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title in hidden:
            sheet.sheet_state = "hidden"
    book.save(tmp_path / "list.xlsx")
    with open_source(tmp_path / "list.xlsx") as source:
        return propose_layout(source, FIELDS)


def test_titles_units_spaces_and_marks_around_headings(tmp_path):
    rows = [
        ["某县2019年度参合人员名册", "", "", "", "", ""],
        ["填报单位：某县合管办", "", "", "单位：元", "", ""],
        [],
        ["序 号", "*姓　名", "身份证号码（18位）", "性别(男、女)", "个人缴费（元）", "备  注"],
        *([str(at), p[0], p[1], p[3], "250", ""] for at, p in enumerate(PEOPLE)),
    ]
    layout = layout_of(tmp_path, rows)
    sheet = layout.sheets[0]
    assert (sheet.header_row, sheet.header_rows, sheet.first_row) == (4, 1, 5)
    assert sheet.title == "某县2019年度参合人员名册"
    assert list(mapping(layout).values()) == ["name", "number", "sex", "amount", "remarks"]
    assert all(column.confidence > 0.8 for column in sheet.columns if column.field)


def test_group_row_above_the_labels(tmp_path):
    rows = [
        ["花名册", "", "", "", "", ""],
        ["户主信息", "", "参合人员信息", "", "", "备注"],
        ["姓名", "身份证号", "姓名", "身份证号", "性别", ""],
        *([PEOPLE[0][0], PEOPLE[0][1], p[0], p[1], p[3], ""] for p in PEOPLE),
    ]
    layout = layout_of(tmp_path, rows)
    sheet = layout.sheets[0]
    assert (sheet.header_row, sheet.header_rows) == (2, 2)
    assert [column.field for column in sheet.columns] == [
        "head_name",
        None,
        "name",
        "number",
        "sex",
        "remarks",
    ]
    assert sheet.columns[1].header == "户主信息/身份证号"


def test_labels_divided_in_a_second_row(tmp_path):
    rows = [
        ["姓名", "身份证号", "缴费", "", "备注"],
        ["", "", "缴费金额", "财政补助", ""],
        *([p[0], p[1], "250", "450", ""] for p in PEOPLE),
    ]
    layout = layout_of(tmp_path, rows)
    sheet = layout.sheets[0]
    assert (sheet.header_row, sheet.header_rows, sheet.first_row) == (1, 2, 3)
    assert sheet.columns[2].field == "amount"
    assert sheet.columns[3].field is None


def test_of_two_equal_headings_the_one_that_differs_from_row_to_row_is_the_records_own(tmp_path):
    rows = [
        ["身份证号", "户主", "身份证号", "姓名"],
        *(
            [PEOPLE[at // 3 * 3][1], PEOPLE[at // 3 * 3][0], p[1], p[0]]
            for at, p in enumerate(PEOPLE)
        ),
    ]
    layout = layout_of(tmp_path, rows)
    assert [column.field for column in layout.sheets[0].columns] == [
        None,
        "head_name",
        "number",
        "name",
    ]


def test_head_column_that_holds_relations_is_the_relation(tmp_path):
    from dataclasses import replace

    fields = tuple(
        replace(field, header_words=(*field.header_words, "户主"))
        if field.name == "relation"
        else field
        for field in FIELDS
    )
    rows = [["户主", "姓名", "身份证号"], *([p[4], p[0], p[1]] for p in PEOPLE)]
    assert mapping(layout_of(tmp_path, rows, fields=fields))["户主"] == "relation"
    rows = [["户主", "姓名", "身份证号"], *([PEOPLE[0][0], p[0], p[1]] for p in PEOPLE)]
    assert mapping(layout_of(tmp_path, rows, fields=fields))["户主"] == "head_name"


def test_without_any_heading_the_values_speak(tmp_path):
    rows = [[str(at), p[0], p[3], p[1], p[2]] for at, p in enumerate(PEOPLE)]
    layout = layout_of(tmp_path, rows)
    sheet = layout.sheets[0]
    assert (sheet.header_row, sheet.header_rows, sheet.first_row) == (0, 0, 1)
    assert sheet.kept
    assert [column.field for column in sheet.columns] == [None, "name", "sex", "number", "born"]
    assert all(column.why == "VALUES" for column in sheet.columns if column.field)
    assert all(column.confidence <= 0.6 for column in sheet.columns)


def test_heading_that_the_values_contradict_is_doubted(tmp_path):
    rows = [["姓名", "身份证号"], *([p[1], p[0]] for p in PEOPLE)]
    layout = layout_of(tmp_path, rows)
    assert {column.why for column in layout.sheets[0].columns} == {"VALUES_DISAGREE"}
    assert all(column.confidence < 0.5 for column in layout.sheets[0].columns)


def test_required_field_without_its_heading_is_proposed_from_values_with_doubt(tmp_path):
    rows = [["姓名", "号码甲", "性别"], *([p[0], p[1], p[3]] for p in PEOPLE)]
    column = layout_of(tmp_path, rows).sheets[0].columns[1]
    assert (column.field, column.why) == ("number", "VALUES")
    assert column.confidence < 0.6


def test_constant_column_is_not_taken_for_the_name(tmp_path):
    rows = [["开户行", "称呼", "身份证号"], *(["农商行", p[0], p[1]] for p in PEOPLE)]
    assert mapping(layout_of(tmp_path, rows)) == {"称呼": "name", "身份证号": "number"}


def test_part_of_the_usual_heading_is_enough_when_the_values_agree(tmp_path):
    rows = [["姓名", "身份证号", "金额"], *([p[0], p[1], "250"] for p in PEOPLE)]
    column = layout_of(tmp_path, rows).sheets[0].columns[2]
    assert (column.field, column.why) == ("amount", "HEADING_SIMILAR")


def test_missing_required_field_is_told(tmp_path):
    layout = layout_of(tmp_path, [["姓名", "性别"], *([p[0], p[3]] for p in PEOPLE)])
    assert missing_required(layout, FIELDS) == {1: ["number"]}


def test_names_in_other_columns_are_not_taken_for_the_name(tmp_path):
    rows = [
        ["录入员", "姓名", "身份证号", "村主任"],
        *(["刘艳", p[0], p[1], "王一"] for p in PEOPLE),
    ]
    assert mapping(layout_of(tmp_path, rows)) == {"姓名": "name", "身份证号": "number"}


def test_sheets_hidden_empty_or_of_another_kind_are_left_out_with_the_reason(tmp_path):
    table = [["姓名", "身份证号", "性别"], *([p[0], p[1], p[3]] for p in PEOPLE)]
    layout = book_layout(
        tmp_path,
        ("2018年", table),
        ("甲镇", table),
        ("空", []),
        ("汇总", [["乡镇", "户数", "人数", "金额"], ["甲镇", 3, 6, 1500]]),
        ("乙镇", table),
        ("字典", [["代码", "名称"], ["01", "汉族"], ["11", "满族"]]),
        hidden=("2018年",),
    )
    assert [(sheet.kept, sheet.why) for sheet in layout.sheets] == [
        (False, "SHEET_HIDDEN"),
        (True, "SHEET_FITS"),
        (False, "SHEET_EMPTY"),
        (False, "SHEET_OTHER"),
        (True, "SHEET_FITS"),
        (False, "SHEET_OTHER"),
    ]
    assert all(reason_of(sheet.why) for sheet in layout.sheets)


def test_file_without_any_fitting_sheet_keeps_one_for_a_person_to_map(tmp_path):
    layout = layout_of(tmp_path, [["甲", "乙"], ["1", "2"], ["3", "4"]])
    assert [(sheet.kept, sheet.why) for sheet in layout.sheets] == [(True, "SHEET_ONLY")]


def test_column_written_once_a_family_is_filled_down_and_others_are_not(tmp_path):
    sparse = [
        ["户号", "姓名", "身份证号"],
        *([f"H{at}" if at % 3 == 0 else "", p[0], p[1]] for at, p in enumerate(PEOPLE)),
    ]
    assert layout_of(tmp_path, sparse).sheets[0].column_of("household").fill_down
    full = [
        ["户号", "姓名", "身份证号"],
        *([f"H{at}", p[0], p[1]] for at, p in enumerate(PEOPLE * 5)),
    ]
    full[20][0] = ""
    assert not layout_of(tmp_path, full).sheets[0].column_of("household").fill_down


def test_layout_survives_storage_and_is_recognised_next_year(tmp_path):
    rows = [["2019年名册", "", ""], ["姓名", "身份证号", "2019年缴费"]]
    first = layout_of(tmp_path, rows + [[p[0], p[1], "250"] for p in PEOPLE])
    assert FileLayout.from_json(json.loads(json.dumps(first.to_json()))) == first
    assert FileLayout.from_json(json.dumps(first.to_json())) == first
    rows = [["2020年名册", "", ""], ["姓 名", "身份证号", "2020年缴费"]]
    second = layout_of(tmp_path, rows + [[p[0], p[1], "280"] for p in PEOPLE * 7])
    assert second.signature() == first.signature()
    other = layout_of(
        tmp_path, [["姓名", "性别", "身份证号"], *([p[0], p[3], p[1]] for p in PEOPLE)]
    )
    assert other.signature() != first.signature()


def test_mapping_that_people_confirmed_is_taken_over(tmp_path):
    from dataclasses import replace

    rows = [["姓名", "身份证号", "暗号"], *([p[0], p[1], "x"] for p in PEOPLE)]
    proposed = layout_of(tmp_path, rows)
    assert proposed.sheets[0].columns[2].field is None
    columns = (
        *proposed.sheets[0].columns[:2],
        replace(proposed.sheets[0].columns[2], field="remarks"),
    )
    confirmed = replace(proposed, sheets=(replace(proposed.sheets[0], columns=columns),))
    adopted = adopt(proposed, confirmed)
    assert adopted.sheets[0].columns[2].field == "remarks"
    assert adopted.sheets[0].columns[2].why == "REMEMBERED"


@pytest.mark.parametrize(
    ("heading", "words", "low", "high"),
    [
        ("个人缴费（元）", ("个人缴费",), 0.97, 1),
        ("姓 名", ("姓名",), 1, 1),
        ("性别（男、女）", ("性别",), 0.97, 1),
        ("参合人员姓名", ("姓名",), 0.7, 0.9),
        ("户主关系", ("户主",), 0, 0.7),
        ("ＰＳＮ＿ＮＡＭＥ", ("psn_name",), 1, 1),
        ("银行账号", ("身份证号",), 0, 0),
        ("", ("姓名",), 0, 0),
    ],
)
def test_fit_of_headings(heading, words, low, high):
    assert low <= heading_fit(heading, words) <= high


def test_sheets_with_equal_headings_are_mapped_alike(tmp_path):
    head = ["学历", "家庭成员", "身份证号"]
    full = [["小学", p[0], p[1]] for p in PEOPLE]
    layout = book_layout(tmp_path, ("甲村", [head, *full]), ("乙村", [head, full[0]]))
    first, second = layout.sheets
    assert first.columns == second.columns
    assert first.column_of("name").header == "家庭成员"


def test_values_never_outweigh_a_heading_and_repeated_words_are_no_names(tmp_path):
    rows = [
        ["身份证号", "称呼"],
        *([p[1], ("小学", "初中")[at % 2]] for at, p in enumerate(PEOPLE * 3)),
    ]
    assert "name" not in mapping(layout_of(tmp_path, rows)).values()


def test_notes_beyond_the_headings_are_a_column(tmp_path):
    rows = [
        ["姓名", "身份证号"],
        *([p[0], p[1]] for p in PEOPLE),
        *([p[0], p[1], "外出"] for p in PEOPLE),
    ]
    assert len(layout_of(tmp_path, rows).sheets[0].columns) == 3


def test_traditional_headings_are_understood():
    assert heading_fit("身份證號", ("身份证号",)) == 1.0


def test_a_heading_with_spaces_for_underscores_is_the_same_heading() -> None:
    assert normal_heading("psn_no") == normal_heading("PSN NO") == "psnno"


@pytest.mark.parametrize("heading", ["姓名 Name", "姓名/Name", "Name 姓名", "姓名Full Name"])
def test_headings_in_two_languages(heading):
    assert heading_fit(heading, ("姓名", "参合人姓名")) >= 0.9


@pytest.mark.parametrize("heading", ["QQ号", "id号"])
def test_letters_before_a_word_for_number_do_not_make_a_running_number(heading):
    assert heading_fit(heading, ("序号", "号")) < 0.9


@pytest.mark.parametrize(
    "heading",
    [
        "A姓名", "1.姓名", "③姓名", "12姓名", "二、姓名", "（3）姓名", "【姓名】", "姓名*必填",
        "姓名（必填）", "b.姓名",
    ],
)  # fmt: skip
def test_numbers_letters_and_marks_around_headings(heading):
    assert heading_fit(heading, ("姓名",)) >= 0.95


@pytest.mark.parametrize("heading", ["2019年姓名", "2代身份证", "18位号码"])
def test_a_figure_that_belongs_to_the_heading_stays(heading):
    assert heading_fit(heading, ("年姓名", "代身份证", "位号码")) < 0.95
