"""How an office writes: the form of dates, sexes, amounts, relations and household numbers, and the
layout of its roster."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from bureau.testing.city.people import ROSTER_YEAR, Person, Row
from bureau.testing.city.words import words

Cell = str | int | float | date
Getter = Callable[[Row], Cell]


def serial_number(birth: str) -> int:
    """The date as a spreadsheet counts days: 1 is 1900-01-01, and 1900 is taken for a leap year."""
    return (date(int(birth[:4]), int(birth[4:6]), int(birth[6:])) - date(1899, 12, 30)).days


DATE_HABITS: dict[str, Callable[[str], str]] = {
    "iso": lambda day: f"{day[:4]}-{day[4:6]}-{day[6:]}",
    "slash": lambda day: f"{day[:4]}/{int(day[4:6])}/{int(day[6:])}",
    "slash_padded": lambda day: f"{day[:4]}/{day[4:6]}/{day[6:]}",
    "dot": lambda day: f"{day[:4]}.{int(day[4:6])}.{int(day[6:])}",
    "dot_padded": lambda day: f"{day[:4]}.{day[4:6]}.{day[6:]}",
    "compact": lambda day: day,
    "chinese": lambda day: f"{day[:4]}年{int(day[4:6])}月{int(day[6:])}日",
    "two_digit": lambda day: f"{day[2:4]}-{day[4:6]}-{day[6:]}",
    "with_time": lambda day: f"{day[:4]}-{day[4:6]}-{day[6:]} 00:00:00",
    "serial": lambda day: str(serial_number(day)),
}
DATE_HABITS = {habit: cache(write) for habit, write in DATE_HABITS.items()}

SEX_HABITS = {
    "words": ("女", "男"),
    "codes": ("2", "1"),
    "letters": ("F", "M"),
    "long": ("女性", "男性"),
    "both": ("2女", "1男"),
}
AMOUNT_HABITS: dict[str, Callable[[int], str]] = {
    "plain": str,
    "unit": lambda amount: f"{amount}元",
    "decimal": lambda amount: f"{amount}.00",
    "full_width": lambda amount: "".join(chr(ord(digit) + 0xFEE0) for digit in str(amount)),
    "sign": lambda amount: f"¥{amount}.00",
}
YEAR_HABITS = {"plain": f"{ROSTER_YEAR}", "long": f"{ROSTER_YEAR}年度", "short": f"{ROSTER_YEAR}年"}

#: (relation, male) -> word, by habit.
RELATION_HABITS: dict[str, dict[tuple[str, bool], str]] = {
    habit: {
        (relation, male): words[place * 2 + (not male)]
        for place, relation in enumerate(
            ("head", "spouse", "child", "grandchild", "parent", "in-law", "other")
        )
        for male in (True, False)
    }
    for habit, words in {
        "formal": words("户主 户主 配偶 配偶 子 女 孙子 孙女 父亲 母亲 女婿 儿媳 其他 其他"),
        "spoken": words(
            "本人 本人 丈夫 妻子 儿子 女儿 孙子 孙女 父 母 女婿 儿媳妇 其他亲属 其他亲属"
        ),
        "of_head": words("户主 户主 之夫 之妻 之子 之女 之孙 之孙女 之父 之母 之婿 之媳 其他 其他"),
        "order": words("户主 户主 夫 妻 长子 长女 孙 孙女 父 母 婿 媳 非亲属 非亲属"),
        "codes": words("02 02 11 12 20 30 41 42 51 52 37 28 99 99"),
    }.items()
}
SPECIAL_HABITS = {
    "plain": ("一般农民", "低保户", "残疾人", "建档立卡", "五保户", "优抚对象"),
    "insured": ("普通参合", "城乡低保对象", "重度残疾人", "贫困户", "特困供养人员", "重点优抚对象"),
    "only_special": ("", "低保", "残疾", "建档立卡", "五保", "优抚"),
    "codes": ("01", "02", "03", "04", "05", "06"),
}
SPECIAL_GROUPS = ("普通", "低保", "残疾", "建档立卡", "五保特困", "优抚")
#: Groups whose contribution the state pays in full.
PAID_FOR = frozenset({"低保", "建档立卡", "五保特困"})
ETHNICITY_CODES = {
    "汉": "01", "蒙古": "02", "回": "03", "维吾尔": "05", "苗": "06", "壮": "08", "朝鲜": "10",
    "满": "11", "土家": "15", "锡伯": "38",
}  # fmt: skip
COMPANIES = words("海源 宏业 万方 华信 东方 瑞驰 兴达 恒力 金州 鑫隆 北良 渤海")
TRADES = words(
    "电子 餐饮管理 物流 水产食品 服装 船舶配套 物业服务 机械 化工 商贸 劳务派遣 建筑工程"
)


@dataclass(frozen=True)
class Layout:
    """How one office lays its roster out. `columns` are (header, field); `file` may contain {town}.

    `groups` is a second header row above the columns: (label, columns it spans). `page_rows` is
    after how many rows a printed page ends (0: never). `subtotal` is "", "village", "town" or
    "page".
    """

    source: str
    file: str
    columns: tuple[tuple[str, str], ...]
    container: str = "text"
    encoding: str = "utf-8"
    bom: bool = False
    delimiter: str = ","
    newline: str = "\r\n"
    quoted: bool = True
    titles: tuple[str, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    by_town: bool = False
    sheet_rows: int = 0
    page_rows: int = 0
    repeat_header: bool = False
    subtotal: str = ""
    subtotal_word: str = "小计"
    total: bool = False
    first_only: frozenset[str] = frozenset()
    hidden_last_year: bool = False
    dictionary_sheet: bool = False
    birth: str = "iso"
    sex: str = "words"
    amount: str = "plain"
    year: str = "plain"
    relation: str = "formal"
    special: str = "plain"
    ethnicity: str = "word"
    household: str = "digits16"
    fields: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", frozenset(name for _, name in self.columns))

    @property
    def may_break_lines(self) -> bool:
        """Whether a cell can hold a line break without making a new row."""
        return self.container == "xlsx" or self.quoted

    @property
    def header_rows(self) -> int:
        """How many rows the header takes."""
        return 2 if self.groups else 1

    def birth_cell(self, birth: str) -> Cell:
        """A birth date as this office writes it."""
        if self.birth == "excel":
            return date(int(birth[:4]), int(birth[4:6]), int(birth[6:]))
        if self.birth == "serial" and self.container == "xlsx":
            return serial_number(birth)
        return DATE_HABITS[self.birth](birth)

    def sex_cell(self, male: bool) -> str:
        """A sex as this office writes it."""
        return SEX_HABITS[self.sex][male]

    def amount_of(self, row: Row) -> int:
        """What the person has to pay, in yuan."""
        return 0 if row.person.special in PAID_FOR else row.household.county.contribution

    def address_of(self, row: Row) -> str:
        """Town, village and group in one cell."""
        household = row.household
        village = household.town.villages[household.village]
        return f"{household.town.name}{village}{household.group}组"


def household_number(row: Row, habit: str) -> str:
    """A household's number as an office forms it from area, village and count."""
    household = row.household
    code, village, number = household.town.code, household.village + 1, household.number
    if habit == "digits16":
        return f"{code}{village:03d}{number:04d}"
    if habit == "short":
        return f"{code[6:]}{village:03d}{number:04d}"
    if habit == "dashes":
        return f"{code[6:]}-{village:03d}-{number:04d}"
    if habit == "like_identity":
        # Eighteen digits of which the seventh to fourteenth may even read as a date.
        return f"{code[:6]}19{code[7:9]}{village % 12 + 1:02d}{number % 28 + 1:02d}{number:04d}"
    return str(household.key + 100000)


def card_number(row: Row) -> str:
    """Number of the cooperative-medical-care card: household and place in it."""
    household = row.household
    return (
        f"{household.town.code}{household.village + 1:03d}{household.number:04d}{row.position:02d}"
    )


def _iso(person: Person) -> str:
    return DATE_HABITS["iso"](person.birth)


def _working_unit(row: Row) -> str:
    number = row.person.key * 31 % 997
    company = COMPANIES[number % len(COMPANIES)]
    return f"大连{company}{TRADES[number // 12 % len(TRADES)]}有限公司"


def _psn_type_rural(row: Row) -> str:
    return "1403" if row.person.birth_year > 1999 else "15"


def _psn_type_work(row: Row) -> str:
    return "1201" if row.person.birth_year < 1960 else "1101"


def _gap_number(prefix: str) -> Getter:
    return lambda row: f"{prefix}{row.sequence * 5 + row.person.key % 5:015d}"


def _remark(row: Row) -> str:
    person = row.person
    if not person.flags:
        return ""
    if "migrant" in person.flags and person.key % 3 == 0:
        return "外出务工"
    return "在校学生" if "student" in person.flags and person.key % 4 == 0 else ""


def getters(layout: Layout) -> list[Getter]:
    """One function per column that gives a clean row's cell."""
    table = {**plain_getters(), **habit_getters(layout)}
    return [table[name] for _, name in layout.columns]


def plain_getters() -> Mapping[str, Getter]:
    return {
        "name": lambda row: row.person.name,
        "id": lambda row: row.person.number,
        "phone": lambda row: row.person.phone,
        "head_name": lambda row: row.household.members[0].name,
        "head_id": lambda row: row.household.members[0].number,
        "town": lambda row: row.household.town.name,
        "village": lambda row: row.household.town.villages[row.household.village],
        "group": lambda row: f"{row.household.group}组",
        "card": card_number,
        "remark": _remark,
        "blank": lambda row: "",
        "bank": lambda row: f"6214492102{row.household.key * 97 % 1_000_000_000:09d}",
        "clinic": lambda row: row.household.town.villages[row.household.village] + "卫生室",
        "operator": lambda row: ("刘艳", "zgy", "admin", "hgb02", "王晓丽")[
            int(row.household.town.code[6:]) % 5
        ],
        "schooling": lambda row: ("文盲", "小学", "初中", "高中", "大专")[row.person.key * 7 % 5],
        "health": lambda row: ("健康", "良好", "良好", "慢性病", "高血压")[row.person.key * 11 % 5],
        "county": lambda row: row.household.county.name,
        "psn_name": lambda row: row.person.name,
        "psn_no_391": _gap_number("21029"),
        "psn_no_310": _gap_number("21023"),
        "certificate": lambda row: "01",
        "gend": lambda row: "1" if row.person.male else "2",
        "naty": lambda row: ETHNICITY_CODES[row.person.ethnicity],
        "brdy": lambda row: _iso(row.person),
        "391": lambda row: "391",
        "310": lambda row: "310",
        "admdvs": lambda row: row.household.county.code,
        "type_391": _psn_type_rural,
        "type_310": _psn_type_work,
        "insured": lambda row: "1",
        "since_391": lambda row: "2019-01-01",
        "since_310": lambda row: (
            f"{2000 + row.person.key * 13 % 19}-{row.person.key % 12 + 1:02d}-01"
        ),
        "emp_no": lambda row: f"2102{row.person.key * 31 % 997:06d}",
        "emp_name": _working_unit,
        "live_addr": lambda row: (
            f"{row.household.county.name}{row.household.town.name}{row.person.key % 180 + 1}号"
        ),
    }


def habit_getters(layout: Layout) -> Mapping[str, Getter]:
    relations = RELATION_HABITS[layout.relation]
    female, male = SEX_HABITS[layout.sex]
    special = dict(zip(SPECIAL_GROUPS, SPECIAL_HABITS[layout.special], strict=True))
    ending = "族" if layout.ethnicity == "long" else ""
    codes = layout.ethnicity == "codes"
    numeric = layout.container == "xlsx"
    write_amount = AMOUNT_HABITS[layout.amount]
    amount_numbers = numeric and layout.amount == "plain"
    year: Cell = ROSTER_YEAR if numeric and layout.year == "plain" else YEAR_HABITS[layout.year]
    table: dict[str, Getter] = {
        "relation": lambda row: relations[row.relation, row.person.male],
        "sex": lambda row: male if row.person.male else female,
        "special": lambda row: special[row.person.special],
        "ethnicity": lambda row: (
            ETHNICITY_CODES[row.person.ethnicity] if codes else row.person.ethnicity + ending
        ),
        "address": layout.address_of,
        "year": lambda row: year,
        "amount": lambda row: (
            layout.amount_of(row) if amount_numbers else write_amount(layout.amount_of(row))
        ),
        "birth": lambda row: layout.birth_cell(row.person.birth),
        "household": lambda row: household_number(row, layout.household),
        "age": lambda row: str(ROSTER_YEAR - row.person.birth_year),
    }
    if numeric:
        table["sequence"] = lambda row: row.sequence
        table["size"] = lambda row: len(row.household.members)
        table["age"] = lambda row: ROSTER_YEAR - row.person.birth_year
    else:
        table["sequence"] = lambda row: str(row.sequence)
        table["size"] = lambda row: str(len(row.household.members))
    return table
