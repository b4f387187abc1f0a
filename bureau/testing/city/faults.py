"""The faults that are planted in rosters: how often each occurs, what it writes, and which outcomes
an import may give the row."""

from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from bureau.testing.city.habits import DATE_HABITS, Layout, serial_number
from bureau.testing.city.names import in_traditional, with_other_character
from bureau.testing.city.numbers import as_15_digits
from bureau.testing.city.people import Row
from bureau.testing.city.words import words

ACCEPT, FIX, REVIEW, REJECT = "accept", "accept_with_fix", "review", "reject"
DATE_FORMS = ("iso", "dot", "slash", "compact", "chinese")
SEVERITY = (ACCEPT, FIX, REVIEW, REJECT)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: rows in 1,000 that get it by chance, the expected outcome and others allowed."""

    code: str
    per_1000: float
    expected: str
    also_ok: tuple[str, ...] = ()


#: Codes with nought per 1,000 are planted where they belong, not by chance in a row. The rates are
#: set a little above the wanted ones where a fault does not suit every row.
FAULTS = tuple(
    Fault(code, rate, expected, tuple(also.split()))
    for code, rate, expected, also in (
        ("NEWBORN_NO_ID", 0.0, REVIEW, FIX),
        ("ID15", 12.0, FIX, ""),
        ("ID_DIGIT", 9.2, REVIEW, ""),
        ("ID_SWAP", 4.7, REVIEW, ""),
        ("ID_LOWER_X", 0.0, FIX, ACCEPT),
        ("ID_FULLWIDTH", 4.2, FIX, ""),
        ("ID_SPACE", 9.3, FIX, ACCEPT),
        ("ID_ZEROWIDTH", 2.0, FIX, ""),
        ("ID_PREFIX", 1.8, FIX, ""),
        ("ID_WRONG_COL", 3.2, REVIEW, FIX),
        ("ID_PARENT", 21.0, REVIEW, ""),
        ("ID_SHARED", 1.8, REVIEW, ""),
        ("ID_MISSING", 5.4, REVIEW, ""),
        ("ID_FLOAT", 2.5, REJECT, REVIEW),
        ("ID_SCI", 2.3, REJECT, REVIEW),
        ("ID_000", 3.0, REJECT, REVIEW),
        ("BIRTH_DIFF", 9.9, REVIEW, ""),
        ("BIRTH_IMPOSSIBLE", 1.5, REVIEW, FIX),
        ("DATE_FORM", 11.7, FIX, ACCEPT),
        ("DATE_SERIAL", 3.1, FIX, ACCEPT),
        ("SEX_DIFF", 6.2, REVIEW, FIX),
        ("NAME_HOMOPHONE", 12.0, ACCEPT, f"{FIX} {REVIEW}"),
        ("NAME_GLYPH", 4.0, ACCEPT, f"{FIX} {REVIEW}"),
        ("NAME_SPACE", 7.8, FIX, ACCEPT),
        ("NAME_TRAD", 3.5, FIX, f"{ACCEPT} {REVIEW}"),
        ("NAME_MISSING", 1.2, REVIEW, REJECT),
        ("AMT_UNIT", 3.2, FIX, ACCEPT),
        ("AMT_FULLWIDTH", 1.9, FIX, ACCEPT),
        ("AMT_DECIMAL", 5.8, ACCEPT, FIX),
        ("AMT_NEGATIVE", 1.0, REVIEW, ""),
        ("AMT_EMPTY", 2.3, REVIEW, ""),
        ("YEAR_FORM", 6.0, FIX, ACCEPT),
        ("HH_FILLDOWN", 0.0, FIX, ACCEPT),
        ("CELL_NEWLINE", 3.0, FIX, ACCEPT),
        ("CELL_FORMULA", 0.9, FIX, f"{ACCEPT} {REVIEW}"),
        ("CELL_NUL", 0.6, FIX, REVIEW),
        ("CELL_LONG", 0.3, REVIEW, f"{FIX} {REJECT}"),
        ("NAME_RARE", 0.0, ACCEPT, FIX),
        ("NAME_RARE_LOST", 0.0, REVIEW, ""),
        ("ID_DUP_ISSUED", 0.0, REVIEW, ACCEPT),
        ("DUP_FIRST", 0.0, ACCEPT, f"{FIX} {REVIEW}"),
        ("DUP_AGAIN", 0.0, REVIEW, f"{ACCEPT} {FIX}"),
        ("ID_OWNER", 0.0, ACCEPT, f"{FIX} {REVIEW}"),
        ("ID_ENDS_000", 0.0, ACCEPT, f"{FIX} {REVIEW}"),
        ("LOOKALIKE", 0.0, ACCEPT, f"{FIX} {REVIEW}"),
        ("DECEASED", 0.0, ACCEPT, f"{FIX} {REVIEW}"),
        ("DECEASED_MARKED", 0.0, REVIEW, ""),
    )
)
BY_CODE = {fault.code: fault for fault in FAULTS}
_BY_CHANCE = tuple(fault for fault in FAULTS if fault.per_1000)
_SHARES = list(accumulate(fault.per_1000 for fault in _BY_CHANCE))
CHANCE_OF_A_FAULT = _SHARES[-1] / 1000

#: Faults after which the number in the row is not the person's, or not legible.
NUMBER_LOST = frozenset(
    words(
        "NEWBORN_NO_ID ID_DIGIT ID_SWAP ID_WRONG_COL ID_PARENT ID_SHARED ID_MISSING ID_FLOAT "
        "ID_SCI ID_000"
    )
)


@cache
def outcomes(faults: tuple[str, ...], *, is_export: bool) -> tuple[str, tuple[str, ...]]:
    """The expected outcome of a row and the others that are allowed.

    The most severe fault decides. A milder outcome is allowed if every fault allows it, holding
    back (review, reject) if one does.
    """
    if not faults:
        return ACCEPT, () if is_export else (FIX,)
    expected = max((BY_CODE[code].expected for code in faults), key=SEVERITY.index)
    allowed = [{BY_CODE[code].expected, *BY_CODE[code].also_ok} for code in faults]
    also = []
    if all(ACCEPT in each for each in allowed):
        also.append(ACCEPT)
    if all(ACCEPT in each or FIX in each for each in allowed) and any(
        FIX in each for each in allowed
    ):
        also.append(FIX)
    also += [outcome for outcome in (REVIEW, REJECT) if any(outcome in each for each in allowed)]
    # What is milder than the expected and not allowed by each was left out above; what is more
    # severe than the most severe fault allows never entered.
    return expected, tuple(outcome for outcome in also if outcome != expected)


def _other_digit(number: str, random: Random) -> str:
    place = random.randrange(2, 17)
    digit = random.choice([digit for digit in "0123456789" if digit != number[place]])
    return number[:place] + digit + number[place + 1 :]


def _swapped(number: str, random: Random) -> str | None:
    places = [place for place in range(2, 16) if number[place] != number[place + 1]]
    place = random.choice(places)
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def _other_birth(birth: str, random: Random) -> str:
    """Another valid date, as a slip of the pen makes it: a day, month or year beside it."""
    year, month, day = int(birth[:4]), int(birth[4:6]), int(birth[6:])
    kind = random.randrange(3)
    if kind == 0:
        day = day % 28 + 1
    elif kind == 1:
        month = month % 12 + 1
        day = min(day, 28)
    else:
        year += -1 if year > 1921 else 1
        day = min(day, 28)
    return f"{year:04d}{month:02d}{day:02d}"


def _impossible_birth(birth: str, random: Random) -> str:
    return birth[:4] + random.choice(("0230", "0231", "0431", "0631", "0931", "1131"))


class Planter:
    """Plants faults in rows of one layout."""

    def __init__(self, random: Random, layout: Layout) -> None:
        self._random = random
        self._layout = layout
        self._fields = layout.fields

    def plant_by_chance(self, row: Row) -> str:
        """Draw a fault and write it into the row; returns the code planted, or nothing.

        `ID_PARENT` and `ID_SHARED` are returned unplanted, as they need a second person.
        """
        code = _BY_CHANCE[bisect(_SHARES, self._random.random() * _SHARES[-1])].code
        if code in {"ID_PARENT", "ID_SHARED"}:
            return code
        kind = code.split("_")[0].rstrip("15")
        if any(other.split("_")[0].rstrip("15") == kind for other in row.faults):
            return ""
        planted = getattr(self, _PLANTERS[kind])(code, row)
        if planted:
            row.faults.append(code)
        return code if planted else ""

    def plant_natural(self, row: Row) -> None:
        """What follows from the person: no number yet, x written small, death, a lost character."""
        person, chance = row.person, self._random.random
        if person.flags:
            if "newborn" in person.flags and chance() < 0.25:
                row.faults.append("NEWBORN_NO_ID")
                row.cells["id"] = self._random.choice(("", "", "未落户", "新生儿"))
            elif "deceased" in person.flags:
                if "remark" in self._fields and chance() < 0.35:
                    row.faults.append("DECEASED_MARKED")
                    row.cells["remark"] = self._random.choice(
                        ("已故", "死亡", "2019年3月去世", "已去世")
                    )
                else:
                    row.faults.append("DECEASED")
        if person.number[17] == "X" and chance() < 0.21:
            row.faults.append("ID_LOWER_X")
            row.cells["id"] = person.number.lower()
        if "NAME_RARE" in person.marks and self._layout.encoding == "gbk":
            row.faults.append("NAME_RARE_LOST")
            lost = self._random.choice("?？□")
            row.cells["name"] = "".join(
                character if character.encode("gbk", "ignore") else lost
                for character in person.name
            )

    def plant_always(self, row: Row) -> None:
        """What befalls every row of the layout, faulty or not."""

    def _number(self, code: str, row: Row) -> bool:
        number, random = row.person.number, self._random
        if "id" in row.cells:
            return False
        written: str | float | None
        if code == "ID15":
            written = as_15_digits(number) if number[6:8] == "19" else None
        elif code == "ID_DIGIT":
            written = _other_digit(number, random)
        elif code == "ID_SWAP":
            written = _swapped(number, random)
        elif code in {"ID_FLOAT", "ID_SCI", "ID_000"}:
            written = self._mangled(code, number)
        elif code == "ID_MISSING":
            written = random.choice(("", "", "", "无", "无证", "不详"))
        elif code == "ID_WRONG_COL":
            fields = [field for field in ("phone", "remark", "bank") if field in self._fields]
            written = None
            if fields:
                row.cells[random.choice(fields)] = number
                written = row.person.phone if random.random() < 0.3 else ""
        else:
            written = self._dressed(code, number)
        if written is None:
            return False
        row.cells["id"] = written
        return True

    def _mangled(self, code: str, number: str) -> str | float | None:
        if not number.isdigit() or number.endswith("000"):
            return None
        if code == "ID_SCI":
            return f"{number[0]}.{number[1:6]}E+17"
        if code == "ID_FLOAT":
            return f"{float(number):.1f}"
        if self._layout.container == "xlsx" and self._random.random() < 0.5:
            return float(number[:15] + "000")
        return number[:15] + "000"

    def _dressed(self, code: str, number: str) -> str | None:
        random, gbk = self._random, self._layout.encoding == "gbk"
        if code == "ID_FULLWIDTH":
            start = random.choice((0, 0, 15))
            return number[:start] + "".join(chr(ord(digit) + 0xFEE0) for digit in number[start:])
        if code == "ID_SPACE":
            space = random.choice((" ", " ", "\u3000") if gbk else (" ", " ", "\u3000", "\u00a0"))
            return random.choice(
                (
                    number + space * random.randint(1, 3),
                    space + number,
                    f"{number[:6]}{space}{number[6:14]}{space}{number[14:]}",
                )
            )
        if code == "ID_ZEROWIDTH":
            if gbk:
                return None
            place = random.randrange(19)
            return number[:place] + random.choice("\u200b\u200e\ufeff\u2060") + number[place:]
        forms = ["'" + number, f'="{number}"']
        if self._layout.delimiter != "\t":
            forms.append("\t" + number)
        return random.choice(forms)

    def _birth(self, code: str, row: Row) -> bool:
        layout, random, birth = self._layout, self._random, row.person.birth
        if "birth" not in self._fields or "NEWBORN_NO_ID" in row.faults:
            return False
        habit = layout.birth if layout.birth not in {"excel", "serial"} else "slash"
        if code == "BIRTH_DIFF":
            row.cells["birth"] = layout.birth_cell(_other_birth(birth, random))
        elif code == "BIRTH_IMPOSSIBLE":
            if habit == "two_digit":
                habit = "dot"
            row.cells["birth"] = DATE_HABITS[habit](_impossible_birth(birth, random))
        elif code == "DATE_SERIAL":
            if layout.container == "xlsx" or layout.birth == "serial":
                return False
            row.cells["birth"] = str(serial_number(birth))
        else:
            forms = [
                form for form in ("iso", "dot", "slash", "compact", "chinese") if form != habit
            ]
            row.cells["birth"] = DATE_HABITS[random.choice(forms)](birth)
        return True

    def _sex(self, code: str, row: Row) -> bool:
        if "sex" not in self._fields:
            return False
        row.cells["sex"] = self._layout.sex_cell(not row.person.male)
        return bool(code)

    def _name(self, code: str, row: Row) -> bool:
        name, random = row.person.name, self._random
        if "name" in row.cells or "·" in name:
            return False
        written: str | None
        if code == "NAME_MISSING":
            written = ""
        elif code == "NAME_TRAD":
            written = in_traditional(name)
        elif code == "NAME_SPACE":
            space = random.choice((" ", " ", "  ", "\u3000"))
            place = random.choice((1, 1, 1, 0, len(name)))
            written = name[:place] + space + name[place:]
        else:
            written = with_other_character(name, random, by_sound=code == "NAME_HOMOPHONE")
        if written is None:
            return False
        row.cells["name"] = written
        return True

    def _amount(self, code: str, row: Row) -> bool:
        layout = self._layout
        amount = row.household.county.contribution
        if "amount" not in self._fields or layout.amount != "plain":
            return False
        if code in {"AMT_EMPTY", "AMT_NEGATIVE"} and not layout.amount_of(row):
            return False
        amount = layout.amount_of(row)
        row.cells["amount"] = {
            "AMT_UNIT": f"{amount}元",
            "AMT_FULLWIDTH": "".join(chr(ord(digit) + 0xFEE0) for digit in str(amount)),
            "AMT_DECIMAL": f"{amount}.00",
            "AMT_NEGATIVE": f"-{amount}",
            "AMT_EMPTY": "",
        }[code]
        return True

    def _year(self, code: str, row: Row) -> bool:
        if "year" not in self._fields or self._layout.year != "plain":
            return False
        row.cells["year"] = self._random.choice(("2019年度", "2019年"))
        return bool(code)

    def _cell(self, code: str, row: Row) -> bool:
        layout, random = self._layout, self._random
        if "remark" not in self._fields or "remark" in row.cells:
            return False
        if code == "CELL_NEWLINE":
            if not layout.may_break_lines:
                return False
            address = random.random() < 0.5 and "address" in self._fields
            row.cells["address" if address else "remark"] = (
                layout.address_of(row)[:4] + "\n" + layout.address_of(row)[4:]
                if address
                else "外出务工\n2018年返乡"
            )
        elif code == "CELL_FORMULA":
            formulas = ("-2+3", "@SUM(1+1)", '=HYPERLINK("http://rosters.invalid/x")', "=1+1")
            row.cells["remark"] = random.choice(formulas)
        elif code == "CELL_NUL":
            if layout.container == "xlsx":
                return False
            row.cells["remark"] = "\x00"
        else:
            row.cells["remark"] = ("该户因户口迁移手续未办结，待核实后再行处理；" * 230)[:5000]
        return True


#: Kind of fault -> method that plants it.
_PLANTERS = {
    "ID": "_number", "BIRTH": "_birth", "DATE": "_birth", "SEX": "_sex", "NAME": "_name",
    "AMT": "_amount", "YEAR": "_year", "CELL": "_cell",
}  # fmt: skip
