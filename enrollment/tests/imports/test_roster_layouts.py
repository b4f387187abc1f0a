"""Which column of a roster is what: by its heading, its values, and the values beside it."""

from dataclasses import replace

import pytest

from bureau.intake.layouts import propose_layout
from bureau.intake.readers import open_source
from bureau.intake.remembered import adopt, recall
from enrollment.imports.roster_fields import ROSTER_FIELDS
from enrollment.rules.identity import check_character


def number(at, *, male=False, born="19750308"):
    first = f"210283{born}{100 + 2 * at + male:03}"
    return first + check_character(first)


#: name, number, sex, birth date, relation, head's name, head's number, household, card of 18 digits
PEOPLE = []
for family in range(12):
    head = number(family, male=True, born=f"19{50 + family}0{family % 9 + 1}12")
    head_name = "王李张刘陈杨"[family % 6] + "建国军强"[family % 4]
    for member in range(3):
        born = f"19{50 + family + 3 * member}0{(family + member) % 9 + 1}12"
        own = number(family + 40 * member, male=member == 0, born=born)
        name = head_name if member == 0 else "赵钱孙李"[member] + "芳敏静丽娟艳霞"[family % 7]
        PEOPLE.append(
            {
                "name": name, "id": own if member else head, "sex": "女" if member else "男",
                "birth": f"{born[:4]}-{born[4:6]}-{born[6:]}",
                "relation": ("户主", "配偶", "儿媳")[member], "head": head_name, "head_id": head,
                "household": f"A{family:05}", "card": f"21028320060{family % 9 + 1}01{family:05}",
                "paid": "2018-12-05", "amount": "250", "phone": f"138000{family:05}",
            }
        )  # fmt: skip


def layout_of(tmp_path, columns, *, header=True, rows=PEOPLE, above=()):
    """Columns are (heading, key of a person)."""
    lines = [*above, *([[heading for heading, _ in columns]] if header else [])]
    lines += [[row[key] for _, key in columns] for row in rows]
    path = tmp_path / "roster.csv"
    path.write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    with open_source(path) as source:
        return propose_layout(source, ROSTER_FIELDS)


def fields(layout):
    return [column.field for column in layout.sheets[0].columns]


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_numbers_the_one_with_the_row_s_own_birth_date_is_the_member_s(tmp_path, turned):
    numbers = [("身份证号码", "id"), ("身份证号码", "head_id")]
    columns = [*(numbers[::-1] if turned else numbers), ("姓名", "name"), ("出生日期", "birth")]
    found = fields(layout_of(tmp_path, columns))
    assert found.index("id_number") == (1 if turned else 0)


def test_a_number_that_only_looks_like_one_is_not_taken_for_it(tmp_path):
    columns = [("证号", "card"), ("证号码", "id"), ("姓名", "name"), ("生日", "birth")]
    assert fields(layout_of(tmp_path, columns))[1] == "id_number"


@pytest.mark.parametrize("payer", ["缴款人", "代缴人", "监护人"])
def test_whoever_pays_is_not_the_person_of_the_row(tmp_path, payer):
    columns = [
        (f"{payer}姓名", "head"), (f"{payer}身份证号", "head_id"), ("姓名", "name"),
        ("身份证号", "id"), ("性别", "sex"),
    ]  # fmt: skip
    assert fields(layout_of(tmp_path, columns)) == [None, None, "name", "id_number", "sex"]


def test_headings_that_say_nothing_leave_it_to_the_values(tmp_path):
    columns = [
        ("F1", "household"), ("F2", "head_id"), ("F3", "name"), ("F4", "id"), ("F5", "sex"),
        ("F6", "birth"), ("F7", "relation"), ("F8", "amount"), ("F9", "phone"),
    ]  # fmt: skip
    layout = layout_of(tmp_path, columns)
    sheet = layout.sheets[0]
    assert (sheet.header_row, sheet.first_row) == (1, 2)
    assert fields(layout) == [
        "household_no", "head_id_number", "name", "id_number", "sex", "birth_on", "relation",
        "amount", "phone",
    ]  # fmt: skip
    assert layout.doubts == ()


def test_the_day_of_payment_is_no_birth_date(tmp_path):
    columns = [("姓名", "name"), ("身份证号", "id"), ("某日", "paid"), ("某栏", "birth")]
    assert fields(layout_of(tmp_path, columns)) == ["name", "id_number", None, "birth_on"]


def test_a_heading_of_three_rows(tmp_path):
    columns = [("", "household"), ("", "head"), ("姓名", "name"), ("种类", "sex"), ("号码", "id")]
    above = [
        ["参合家庭", "", "参合人员", "", ""],
        ["户编码", "户主", "基本信息", "证件", ""],
    ]
    layout = layout_of(tmp_path, columns, above=above)
    sheet = layout.sheets[0]
    assert (sheet.header_row, sheet.header_rows, sheet.first_row) == (1, 3, 4)
    assert fields(layout)[:3] == ["household_no", "head_name", "name"]
    assert fields(layout)[4] == "id_number"


def test_two_people_in_one_row_are_asked_about(tmp_path):
    one = [("姓名", "name"), ("身份证号", "id"), ("出生日期", "birth")]
    pairs = [
        {**left, **{f"{key}2": value for key, value in right.items()}}
        for left, right in zip(PEOPLE[::2], PEOPLE[1::2], strict=True)
    ]
    columns = [*one, *((heading, f"{key}2") for heading, key in one)]
    layout = layout_of(tmp_path, columns, rows=pairs)
    assert [doubt.code for doubt in layout.doubts] == ["PEOPLE_SIDE_BY_SIDE"]


def test_a_heading_above_other_values_is_asked_about(tmp_path):
    layout = layout_of(tmp_path, [("姓名", "id"), ("身份证号", "name"), ("性别", "sex")])
    assert {doubt.code for doubt in layout.doubts} == {"VALUES_CONTRADICT_HEADING"}


def test_columns_known_by_nothing_but_their_looks_are_asked_about(tmp_path):
    layout = layout_of(tmp_path, [("", "name"), ("", "id"), ("", "phone")], header=False)
    assert [doubt.code for doubt in layout.doubts] == ["COLUMNS_GUESSED"]


def test_two_numbers_that_nothing_tells_apart_are_asked_about(tmp_path):
    rows = [{**person, "other": number(at + 300)} for at, person in enumerate(PEOPLE)]
    columns = [("姓名", "name"), ("证件号码", "id"), ("证件号码", "other"), ("电话", "phone")]
    layout = layout_of(tmp_path, columns, rows=rows)
    assert [doubt.code for doubt in layout.doubts] == ["PEOPLE_SIDE_BY_SIDE"]


def test_next_year_s_headings_are_read_as_this_year_s_were_confirmed(tmp_path):
    columns = [
        ("姓名", "name"), ("身份证号", "id"), ("2019年缴费", "amount"), ("暗号", "phone"),
        ("性别", "sex"),
    ]  # fmt: skip
    proposed = layout_of(tmp_path, columns)
    sheet = proposed.sheets[0]
    told = tuple(
        replace(column, field="phone" if column.header == "暗号" else column.field)
        for column in sheet.columns
    )
    confirmed = replace(proposed, sheets=(replace(sheet, columns=told),))
    later = [*columns[:2], ("2020年缴费", "amount"), ("暗号", "card"), ("性别", "sex")]
    next_year = adopt(layout_of(tmp_path, later), confirmed)
    assert fields(next_year) == ["name", "id_number", "amount", "phone", "sex"]
    assert {column.why for column in next_year.sheets[0].columns} == {"REMEMBERED"}
    # A column added in front and one left out change nothing for the others.
    moved = [("序号", "household"), *columns[:2], ("2020年缴费", "amount"), ("暗号", "card")]
    again = recall(layout_of(tmp_path, [*moved, ("性别", "sex")]), [proposed, confirmed][::-1])
    assert fields(again) == ["serial_no", "name", "id_number", "amount", "phone", "sex"]


def test_another_list_of_the_same_county_is_not_read_by_what_is_remembered(tmp_path):
    confirmed = layout_of(tmp_path, [("姓名", "name"), ("身份证号", "id"), ("性别", "sex")])
    other = layout_of(tmp_path, [("姓名", "name"), ("电话", "phone"), ("金额", "amount")])
    assert recall(other, [confirmed]) == other


def test_a_list_without_headings_is_remembered_only_where_its_values_look_the_same(tmp_path):
    first = layout_of(tmp_path, [("", "name"), ("", "id"), ("", "sex")], header=False)
    turned = layout_of(tmp_path, [("", "id"), ("", "sex"), ("", "name")], header=False)
    assert recall(turned, [first]) == turned
    same = recall(first, [first])
    assert {column.why for column in same.sheets[0].columns} == {"REMEMBERED"}
