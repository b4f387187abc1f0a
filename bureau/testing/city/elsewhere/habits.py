"""How offices of other provinces write, and the layouts in which they hand rosters in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from opencc import OpenCC

from bureau.testing.city.habits import (
    DATE_HABITS,
    SPECIAL_GROUPS,
    Cell,
    Getter,
    Layout,
    habit_getters,
    household_number,
    plain_getters,
)
from bureau.testing.city.people import ROSTER_YEAR, Row
from bureau.testing.city.words import words

_TO_TRADITIONAL = OpenCC("s2t")
HAN_DIGITS = "〇一二三四五六七八九"
CAPITALS = "零壹贰叁肆伍陆柒捌玖"


def _counted(number: int) -> str:
    """A number below a hundred in words: 8 八, 12 十二, 21 二十一."""
    tens, ones = divmod(number, 10)
    ten = "" if not tens else "十" if tens == 1 else HAN_DIGITS[tens] + "十"
    return ten + (HAN_DIGITS[ones] if ones else "")


def in_words(day: str) -> str:
    """19750312 as 一九七五年三月十二日."""
    year = "".join(HAN_DIGITS[int(digit)] for digit in day[:4])
    return f"{year}年{_counted(int(day[4:6]))}月{_counted(int(day[6:]))}日"


def in_capitals(amount: int) -> str:
    """250 as 贰佰伍拾元整."""
    if not amount:
        return "零元整"
    written, zero = "", False
    for unit, place in (("仟", 1000), ("佰", 100), ("拾", 10), ("", 1)):
        digit = amount // place % 10
        if digit:
            written += ("零" if zero and written else "") + CAPITALS[digit] + unit
        zero = not digit
    return written + "元整"


DATES: dict[str, Callable[[str], str]] = {
    **DATE_HABITS,
    "month": lambda day: f"{day[:4]}.{day[4:6]}",
    "month_chinese": lambda day: f"{day[:4]}年{int(day[4:6])}月",
    "month_compact": lambda day: day[:6],
    "short_dash": lambda day: f"{day[2:4]}-{int(day[4:6])}-{int(day[6:])}",
    "short_dot": lambda day: f"{day[2:4]}.{int(day[4:6])}.{int(day[6:])}",
    "clock": lambda day: f"{day[:4]}/{int(day[4:6])}/{int(day[6:])} 0:00:00",
    "stamp": lambda day: f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00",
    "words": in_words,
    "minguo": lambda day: (
        f"民国{int(day[:4]) - 1911}年{int(day[4:6])}月{int(day[6:])}日"
        if int(day[:4]) < 1950
        else f"{day[:4]}年{int(day[4:6])}月{int(day[6:])}日"
    ),
    "day_first": lambda day: f"{day[6:]}/{day[4:6]}/{day[:4]}",
}
#: Habits that leave out the day.
MONTHS = frozenset({"month", "month_chinese", "month_compact"})

AMOUNTS: dict[str, Callable[[int], str]] = {
    "plain": str,
    "yuan": lambda amount: f"{amount}元",
    "whole": lambda amount: f"{amount}元整",
    "decimal": lambda amount: f"{amount}.00",
    "sign": lambda amount: f"￥{amount}.00",
    "point": lambda amount: f"{amount}.",
    "capital": in_capitals,
    "full_width": lambda amount: "".join(chr(ord(digit) + 0xFEE0) for digit in str(amount)),
    "rmb": lambda amount: f"RMB {amount}.00",
}
YEARS = {
    "plain": "2019", "word": "2019年", "long": "2019年度", "han": "二〇一九年",
    "period": "2019.01.01-2019.12.31", "from": "2019-01-01", "compact": "201901",
}  # fmt: skip

#: Words for head, spouse, child, grandchild, parent, in-law and other, each for men and women.
RELATIONS = {
    "formal": words("户主 户主 配偶 配偶 子 女 孙子 孙女 父亲 母亲 女婿 儿媳 其他 其他"),
    "spoken": words("本人 本人 老公 老婆 儿子 闺女 孙子 孙女 爸爸 妈妈 女婿 媳妇 亲属 亲属"),
    "first_son": words("户主 户主 丈夫 妻 长子 长女 孙 孙女 父 母 婿 儿媳 非亲属 非亲属"),
    "english": words(
        "Head Head Husband Wife Son Daughter Grandson Granddaughter Father Mother Son-in-law "
        "Daughter-in-law Other Other"
    ),
    "one_digit": words("0 0 1 1 2 3 4 4 5 5 8 8 8 8"),
    "two_digits": words("02 02 11 12 20 30 41 42 51 52 37 28 99 99"),
    "of_head": words("户主 户主 之夫 之妻 之子 之女 之孙 之孙女 之父 之母 之婿 之媳 其他 其他"),
}
SPECIALS: dict[str, tuple[str, ...]] = {
    "plain": ("一般农户", "低保户", "残疾", "建档立卡贫困户", "五保户", "优抚对象"),
    "blank": ("", "低保", "重残", "贫困人口", "特困供养", "优抚"),
    "urban": ("普通居民", "最低生活保障对象", "重度残疾人", "贫困人员", "特困人员", "优抚人员"),
    "digits": ("0", "1", "2", "3", "4", "5"),
}
STATE_PAYS = frozenset({"低保", "建档立卡", "五保特困"})
SUBSIDY = 490


@dataclass(frozen=True)
class OfficeLayout(Layout):
    """A layout with habits beyond those of `Layout`; `written` is how the file is stored.

    `written`: text, fixed, html, xml or xlsx; `container` is `text` for the first two. `head` are
    rows above the column headings, each of (label, span). `titles`, `notes` and `page_foot` may
    have several cells, divided by `¦`, and {county}, {town}, {village} in them. `boxed` draws lines
    around the cells of text; `right` are fields written to the right in columns of fixed width, and
    `measure` says how wide a character counts there; `numbers` are fields that a workbook holds as
    numbers. `titles_apart` puts the titles of a web page into a table of their own, `merged_down`
    joins the cells that only the first row of a family fills.
    """

    written: str = "text"
    no_header: bool = False
    head: tuple[tuple[tuple[str, int], ...], ...] = ()
    header_once: bool = False
    by_village: bool = False
    sheet_name: str = "{town}"
    margin: tuple[int, int] = (0, 0)
    repeat_titles: bool = False
    page_foot: tuple[str, ...] = ()
    carried: bool = False
    family_sum: str = ""
    family_title: str = ""
    gap: bool = False
    side: tuple[tuple[str, ...], ...] = ()
    overview: bool = False
    old_copy: str = ""
    quote_all: bool = False
    line_ends: tuple[str, ...] = ("\r\n",)
    trailing: bool = False
    ragged: bool = False
    file_end: str = ""
    traditional: bool = False
    dates: str = "iso"
    sexes: tuple[str, str] = ("女", "男")
    amounts: str = "plain"
    nothing: str = "0"
    years: str = "plain"
    relations: str = "formal"
    specials: str = "plain"
    id_dress: str = "{}"
    boxed: bool = False
    form_feed: bool = False
    right: frozenset[str] = frozenset()
    measure: str = "wide"
    numbers: frozenset[str] = frozenset()
    titles_apart: bool = False
    merged_down: bool = False
    padded_names: bool = False
    pay_dates: str = "iso"
    households: str = "digits16"

    @property
    def may_break_lines(self) -> bool:
        """Whether a cell can hold a line break without making a new row."""
        return self.container != "text" or self.quoted

    @property
    def header_rows(self) -> int:
        """How many rows the header takes."""
        return 0 if self.no_header else len(self.head) + 1

    def birth_cell(self, birth: str) -> Cell:
        """A birth date as this office writes it."""
        if self.dates == "excel":
            return date(int(birth[:4]), int(birth[4:6]), int(birth[6:]))
        if self.dates == "serial" and self.container == "xlsx":
            return int(DATES["serial"](birth))
        return DATES[self.dates](birth)

    def sex_cell(self, male: bool) -> str:
        """A sex as this office writes it."""
        return self.sexes[male]

    def amount_of(self, row: Row) -> int:
        """What the person has to pay, in yuan."""
        return 0 if row.person.special in STATE_PAYS else row.household.county.contribution

    def amount_cell(self, row: Row) -> Cell:
        """What the person has to pay as this office writes it."""
        amount = self.amount_of(row)
        if not amount:
            return 0 if self.nothing == "0" and self.is_number else self.nothing
        return amount if self.is_number else AMOUNTS[self.amounts](amount)

    def in_script(self, text: str) -> str:
        """The text in the characters that the file is written in."""
        return str(_TO_TRADITIONAL.convert(text)) if self.traditional else text

    @property
    def is_number(self) -> bool:
        """Whether amounts are numbers of a workbook, not text."""
        return self.container == "xlsx" and self.amounts == "plain"


def cell_makers(layout: OfficeLayout) -> list[Getter]:
    """One function per column that gives a clean row's cell."""
    table = {**plain_getters(), **habit_getters(layout), **_own(layout), **_rarer(layout)}
    return [table[name] for _, name in layout.columns]


def _own(layout: OfficeLayout) -> Mapping[str, Getter]:
    relation_words = RELATIONS[layout.relations]
    kinds = ("head", "spouse", "child", "grandchild", "parent", "in-law", "other")
    relations = {
        (kind, male): relation_words[place * 2 + (not male)]
        for place, kind in enumerate(kinds)
        for male in (True, False)
    }
    special = dict(zip(SPECIAL_GROUPS, SPECIALS[layout.specials], strict=True))
    year: Cell = YEARS[layout.years]
    if layout.container == "xlsx" and layout.years == "plain":
        year = ROSTER_YEAR
    return {
        "relation": lambda row: relations[row.relation, row.person.male],
        "special": lambda row: special[row.person.special],
        "amount": layout.amount_cell,
        "year": lambda row: year,
        "birth": lambda row: layout.birth_cell(row.person.birth),
        "sex": lambda row: layout.sex_cell(row.person.male),
        "household": lambda row: household_cell(row, layout.households),
    }


def household_cell(row: Row, habit: str) -> str:
    """A household's number; `head` is the number of its head, as many offices have it."""
    if habit == "head":
        return row.household.members[0].number
    if habit == "book":
        return f"No.{row.household.key * 7919 % 100_000_000:08d}"
    if habit == "in_village":
        return str(row.household.number)
    return household_number(row, habit)


def like_identity(row: Row, *, own: bool) -> str:
    """Eighteen digits of a medical card, of which the seventh to fourteenth are a day of issue."""
    household = row.household
    issued = date(2006, 1, 1) + timedelta(days=household.key * 37 % 3000)
    number = household.key * 10 + (row.position % 10 if own else 0)
    return f"{household.county.code}{issued:%Y%m%d}{number % 10_000:04d}"


def _paid_on(row: Row) -> str:
    day = date(ROSTER_YEAR - 1, 10, 8) + timedelta(days=row.household.key * 13 % 75)
    return f"{day:%Y%m%d}"


def _family_amount(layout: OfficeLayout, row: Row) -> Cell:
    if not row.first:
        return ""
    members = [Row(each, row.household, 1, True, each.relation) for each in row.household.members]
    total = sum(layout.amount_of(member) for member in members)
    return total if layout.is_number else AMOUNTS[layout.amounts](total)


def _payer(row: Row) -> int:
    """Who pays for the family: its second member where that one is of age, else the first."""
    members = row.household.members
    return int(len(members) > 1 and members[1].birth_year < 1995)


def _rarer(layout: OfficeLayout) -> Mapping[str, Getter]:
    numeric = layout.container == "xlsx"
    subsidy: Cell = SUBSIDY if numeric else str(SUBSIDY)

    def with_subsidy(row: Row) -> Cell:
        total = layout.amount_of(row) + SUBSIDY
        return total if numeric else str(total)

    return {
        "card18": lambda row: like_identity(row, own=False),
        "person18": lambda row: like_identity(row, own=True),
        "payer_name": lambda row: row.household.members[_payer(row)].name,
        "payer_id": lambda row: row.household.members[_payer(row)].number,
        "subsidy": lambda row: subsidy,
        "with_subsidy": with_subsidy,
        "paid_on": lambda row: DATES[layout.pay_dates](_paid_on(row)),
        "village_group": lambda row: (
            f"{row.household.town.villages[row.household.village]}{row.household.group}组"
        ),
        "town_village": lambda row: (
            f"{row.household.town.name}{row.household.town.villages[row.household.village]}"
        ),
        "family_amount": lambda row: _family_amount(layout, row),
        "family_size": lambda row: (
            "" if not row.first else len(row.household.members) if numeric
            else str(len(row.household.members))
        ),
        "card_kind": lambda row: "居民身份证",
        "status": lambda row: "正常参保",
        "renewed": lambda row: "新增" if row.person.key % 17 == 0 else "续保",
        "office": lambda row: f"{row.household.town.name}合管站",
        "doctor": lambda row: ("周建国", "吴秀兰", "郑海涛")[row.household.village % 3],
        "hundred": lambda row: "100%",
        "checked": lambda row: "√",
    }  # fmt: skip
