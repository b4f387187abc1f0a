"""The faults of rosters from elsewhere: the same kinds, written in more ways."""

from bureau.testing.city.elsewhere.habits import AMOUNTS, DATES, MONTHS, OfficeLayout, in_words
from bureau.testing.city.faults import Planter
from bureau.testing.city.habits import serial_number
from bureau.testing.city.names import in_traditional
from bureau.testing.city.people import Row
from bureau.testing.city.words import words

NO_NUMBER = (
    "",
    "",
    "",
    "无",
    "暂无",
    "未办理",
    "无身份证",
    "待补",
    "/",
    "-",
    "不清楚",
    "0",
    "没有",
)
NOT_YET = ("", "", "未上户", "新生儿", "未报户口", "新生儿未落户", "出生证明")
GONE = ("死亡", "病故", "去世", "已死亡", "亡", "2018年10月病故", "本人已过世", "死亡未销户")
LOOK_LIKE_X = ("x", "x", "x", "Ｘ", "ｘ", "×", "Ⅹ", "Х")
#: Columns in which a number may land that was typed one cell off.
BESIDE = words("phone remark bank address clinic card")
FORMULAS = ("-2+3", "@SUM(A1:A9)", "=cmd|'/c calc'!A0", "=1+1", "+8613800000000", "=SUM(1,2)")


class OfficePlanter(Planter):
    """Plants faults in rows of an office elsewhere."""

    _layout: OfficeLayout

    def plant_natural(self, row: Row) -> None:
        """What follows from the person, and the characters that the file's encoding loses."""
        person, random = row.person, self._random
        if "newborn" in person.flags and random.random() < 0.25:
            row.faults.append("NEWBORN_NO_ID")
            row.cells["id"] = random.choice(NOT_YET)
        elif "deceased" in person.flags:
            if "remark" in self._fields and random.random() < 0.35:
                row.faults.append("DECEASED_MARKED")
                row.cells["remark"] = random.choice(GONE)
            else:
                row.faults.append("DECEASED")
        if person.number[17] == "X" and random.random() < 0.21:
            signs = LOOK_LIKE_X[:6] if self._layout.traditional else LOOK_LIKE_X
            written = person.number[:17] + random.choice(signs)
            if self._encodable(written):
                row.faults.append("ID_LOWER_X")
                row.cells["id"] = written

    def plant_always(self, row: Row) -> None:
        """The file's script and encoding have their way with the name."""
        self._lose_characters(row)
        traditional = self._layout.in_script(row.person.name)
        if "name" not in row.cells and traditional != row.person.name:
            row.faults.append("NAME_TRAD")

    def _lose_characters(self, row: Row) -> None:
        name = self._layout.in_script(row.person.name)
        if "name" in row.cells or self._encodable(name):
            return
        lost = self._random.choice("?？□" if self._layout.encoding == "gbk" else "?")
        row.faults.append("NAME_RARE_LOST")
        row.cells["name"] = "".join(
            character if self._encodable(character) else lost for character in name
        )

    def _encodable(self, text: str) -> bool:
        try:
            text.encode(self._layout.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def _number(self, code: str, row: Row) -> bool:
        if code == "ID_MISSING":
            if "id" in row.cells:
                return False
            row.cells["id"] = self._random.choice(NO_NUMBER)
            return True
        if code == "ID_WRONG_COL":
            fields = [field for field in BESIDE if field in self._fields]
            if "id" in row.cells or not fields:
                return False
            row.cells[self._random.choice(fields)] = row.person.number
            row.cells["id"] = self._random.choice((row.person.phone, "", ""))
            return True
        return super()._number(code, row)

    def _mangled(self, code: str, number: str) -> str | float | None:
        if not number.isdigit() or number.endswith("000"):
            return None
        random = self._random
        if code == "ID_SCI":
            digits = random.choice((5, 5, 2, 14))
            return f"{number[0]}.{number[1 : 1 + digits]}{random.choice(('E+17', 'E+17', 'e+17'))}"
        if code == "ID_FLOAT":
            return f"{float(number):.{random.choice((1, 1, 2))}f}"
        return super()._mangled(code, number)

    def _dressed(self, code: str, number: str) -> str | None:
        layout, random = self._layout, self._random
        if code == "ID_FULLWIDTH":
            start = random.choice((0, 0, 6, 14))
            wide = {digit: chr(ord(digit) + 0xFEE0) for digit in "0123456789X"}
            return number[:start] + "".join(wide[digit] for digit in number[start:])
        if code == "ID_SPACE":
            spaces = [one for one in (" ", " ", "\u3000", "\u00a0", "\u2009", "\u2002")
                      if self._encodable(one)]  # fmt: skip
            space = random.choice(spaces)
            forms = (number + space, space * 2 + number, f"{number[:6]}{space}{number[6:]}")
            return random.choice((*forms, space.join((number[:6], number[6:14], number[14:]))))
        if code == "ID_ZEROWIDTH":
            mark = random.choice("\u200b\u200e\ufeff\u2060\u202d\u200d\u00ad")
            place = random.randrange(1, 19)
            return number[:place] + mark + number[place:] if self._encodable(mark) else None
        wrapped = ["'" + number, f'="{number}"', "’" + number, "`" + number]
        if layout.delimiter != "\t" and layout.written != "fixed":
            wrapped.append("\t" + number)
        return random.choice(wrapped)

    def _birth(self, code: str, row: Row) -> bool:
        if "birth" not in self._fields or "NEWBORN_NO_ID" in row.faults:
            return False
        if "birth" in row.cells:
            return False
        layout, random, birth = self._layout, self._random, row.person.birth
        habit = "slash" if layout.dates in {"excel", "serial"} else layout.dates
        if code == "BIRTH_DIFF":
            row.cells["birth"] = layout.birth_cell(self._other_birth(birth))
        elif code == "BIRTH_IMPOSSIBLE":
            impossible = random.choice(("0230", "0231", "0431", "1131", "1305", "0015"))
            if habit in {"words", "day_first", "minguo"}:
                habit = "iso"
            if habit in MONTHS:
                impossible = "1301"
            row.cells["birth"] = DATES[habit](birth[:4] + impossible)
        elif code == "DATE_SERIAL":
            if layout.container == "xlsx" or layout.dates == "serial":
                return False
            row.cells["birth"] = str(serial_number(birth)) + random.choice(("", "", ".0"))
        else:
            forms = [DATES[form](birth) for form in ("iso", "dot", "slash", "compact", "chinese",
                     "dot_padded", "clock") if form != habit]  # fmt: skip
            year, month, day = birth[:4], int(birth[4:6]), int(birth[6:])
            forms += [f"{year}、{month}、{day}", f"{year} {month:02d} {day:02d}", in_words(birth)]
            row.cells["birth"] = random.choice(forms)
        return True

    def _other_birth(self, birth: str) -> str:
        """Another date; where the office leaves the day out, another month or year."""
        year, month, day = int(birth[:4]), int(birth[4:6]), min(int(birth[6:]), 28)
        kind = self._random.randrange(1 if self._layout.dates in MONTHS else 0, 4)
        if kind == 0:
            day = day % 28 + 1
        elif kind == 1:
            month = month % 12 + 1
        elif kind == 2:
            year += -1 if year > 1921 else 1
        else:
            year += -10 if year > 1930 else 10
        return f"{year:04d}{month:02d}{day:02d}"

    def _name(self, code: str, row: Row) -> bool:
        if code == "NAME_TRAD" and self._layout.traditional:
            return False
        if code == "NAME_TRAD":
            written = in_traditional(row.person.name)
            if written is None or not self._encodable(written):
                return False
        return super()._name(code, row)

    def _amount(self, code: str, row: Row) -> bool:
        layout, random = self._layout, self._random
        amount = layout.amount_of(row)
        if "amount" not in self._fields or not amount or "amount" in row.cells:
            return False
        written = {
            "AMT_UNIT": (f"{amount}元", f"{amount}元整", f"￥{amount}", f"{amount}.00元",
                         f"人民币{amount}元", f"{amount} 元"),
            "AMT_FULLWIDTH": (AMOUNTS["full_width"](amount),),
            "AMT_DECIMAL": (f"{amount}.00", f"{amount}.0", f"{amount}.0000"),
            "AMT_NEGATIVE": (f"-{amount}", f"-{amount}.00", f"({amount})", f"－{amount}"),
            "AMT_EMPTY": ("", "", "未缴", "欠缴"),
        }[code]  # fmt: skip
        row.cells["amount"] = random.choice(written)
        return True

    def _year(self, code: str, row: Row) -> bool:
        if "year" not in self._fields or self._layout.years != "plain":
            return False
        forms = ("2019年度", "2019年", "二〇一九年", "2019.0")
        row.cells["year"] = self._random.choice([one for one in forms if self._encodable(one)])
        return bool(code)

    def _cell(self, code: str, row: Row) -> bool:
        if code == "CELL_NUL" and self._layout.written in {"xlsx", "xml", "html"}:
            return False
        if code == "CELL_LONG" and self._layout.written == "fixed":
            return False
        if code == "CELL_FORMULA" and "remark" in self._fields and "remark" not in row.cells:
            layout = self._layout
            apart = "" if layout.may_break_lines else layout.delimiter
            fitting = [one for one in FORMULAS if not apart or apart not in one]
            row.cells["remark"] = self._random.choice(fitting)
            return True
        return super()._cell(code, row)
