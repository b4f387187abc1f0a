"""Whose file is this: scheme, area and year of a roster file, told by its name, title and values.

A guess for a person to confirm; each says by what it was told.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bureau.core.choices import AreaLevel
from bureau.core.models import Area
from bureau.intake.characters import simplified_characters
from bureau.intake.composed import values_of
from bureau.intake.readers import Source
from bureau.intake.shapes import FileLayout, SheetLayout
from enrollment.choices import Scheme
from enrollment.imports.readings import place_letters
from enrollment.rules.amounts import read_year

_YEAR: Final = re.compile(r"(?<!\d)(20[0-3]\d)(?:[01]\d[0-3]\d)?(?!\d)")
#: The day on which a list was made, often in the year before the one it is for.
_MADE_ON: Final = re.compile(
    r"(?:日期|时间|制表|打印|导出于)[:：\s]*20\d\d\s*[年./-]?\s*\d{1,2}\s*[月./-]?\s*(?:\d{1,2}日?)?"
)
_TOWN: Final = re.compile(r".{1,6}(?:乡|镇|街道)")
_HAN_YEAR: Final = re.compile("二[〇零○Ｏ][一二三四][〇零○一二三四五六七八九](?=年)")
_AREA_CODE: Final = re.compile(r"(?<!\d)(\d{6})(?!\d)")
_SCHEME_WORDS: Final = {
    Scheme.UEBMI: ("uebmi", "职工", "310"),
    Scheme.URBMI: ("urbmi", "城镇居民", "居民医保", "391", "390"),
    Scheme.NCMS: ("ncms", "新农合", "农合", "合作医疗", "参合"),
}
#: Any day at all; the year of a list is seldom written as a day of it.
_DAY: Final = re.compile(r"20\d\d\s*[年./-]\s*\d{1,2}\s*[月./-]\s*\d{1,2}日?")
#: Endings of names of areas that files leave out.
_ENDINGS: Final = ("区", "市", "县", "经济区", "新区", "园区", "开发区")
#: Fields whose values tell whose file it is.
_TELLING: Final = frozenset(
    {
        "town", "household_no", "member_no", "address", "scheme_code", "year", "amount",
        "id_number",
    }
)  # fmt: skip
_INSUTYPES: Final = {
    "310": Scheme.UEBMI,
    "390": Scheme.URBMI,
    "391": Scheme.URBMI,
    "380": Scheme.NCMS,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """The scheme, area and year of a file as far as it tells; None where it does not."""

    scheme: Scheme | None
    area: Area | None
    year: int | None
    told_by: str


class Places:
    """The areas by every name, code and abbreviation under which a file may name them."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self.areas = {area.pk: area for area in areas}
        self.city = next(
            (area for area in self.areas.values() if area.level == AreaLevel.CITY), None
        )
        self.counties = [a for a in self.areas.values() if a.level == AreaLevel.COUNTY]
        self.towns: dict[str, list[Area]] = {}
        for area in self.areas.values():
            if area.level == AreaLevel.TOWN:
                self.towns.setdefault(area.name, []).append(area)
        self.codes = {
            code: area for area in self.counties for code in (area.code, *area.former_codes)
        }
        self.names = sorted(
            ((name, area) for area in self.counties for name in _names(area)),
            key=lambda entry: -len(entry[0]),
        )
        self.initials = {initials: area for area in self.counties for initials in _initials(area)}

    def by_code(self, text: str) -> Area | None:
        """The county whose division code stands in the text by itself."""
        for code in _AREA_CODE.findall(text):
            if code in self.codes:
                return self.codes[code]
        return None

    def by_name(self, text: str) -> Area | None:
        """The county named in the text; the longest name first."""
        return next((area for name, area in self.names if name in text), None)

    def by_initials(self, text: str) -> Area | None:
        """The county whose pinyin initials stand in the text as a word."""
        for word in re.findall(r"[a-z]+", text.lower()):
            if word in self.initials:
                return self.initials[word]
        return None

    def by_towns(self, values: Sequence[str]) -> Area | None:
        """The county in which most of the named towns lie.

        One town among several unknown ones tells nothing: other provinces have a 城关街道, too.
        """
        found: Counter[int] = Counter()
        named = {value.strip().translate(simplified_characters()) for value in values} - {""}
        for name in named:
            towns = self.towns.get(name, [])
            if len(towns) == 1 and towns[0].parent_id:
                found[towns[0].parent_id] += 1
        if not found:
            return None
        county, count = found.most_common(1)[0]
        unknown = sum(name not in self.towns and bool(_TOWN.fullmatch(name)) for name in named)
        return self.areas.get(county) if count > unknown else None

    def by_addresses(self, addresses: Sequence[str]) -> Area | None:
        """The county in which most addresses lie, named by themselves or by their towns."""
        found: Counter[int] = Counter()
        for address in (text.translate(simplified_characters()) for text in addresses[:200]):
            county = self.by_name(address) or self.by_towns(
                [town for town in self.towns if town in address]
            )
            if county:
                found[county.pk] += 1
        if not found:
            return None
        most, count = found.most_common(1)[0]
        return self.areas[most] if count * 2 > len(addresses[:200]) else None

    def by_prefix(self, values: Sequence[str]) -> Area | None:
        """The county whose code begins most of the numbers, of households, members or people."""
        found = Counter(value[:6] for value in values if value[:6] in self.codes)
        if not found:
            return None
        code, count = found.most_common(1)[0]
        return self.codes[code] if count * 2 > len(values) else None


def _names(area: Area) -> list[str]:
    names = [area.name, *area.aliases]
    short = [
        name.removesuffix(ending)
        for name in names
        for ending in _ENDINGS
        if name.endswith(ending) and len(name) - len(ending) >= 2
    ]
    return [*names, *short]


def _initials(area: Area) -> set[str]:
    found = set()
    for name in _names(area):
        letters = place_letters(name)
        if len(letters) >= 3 and letters.isascii():
            found.add(letters)
    return found


def origin_of(name: str, source: Source, layout: FileLayout, places: Places) -> Origin:
    """Scheme, area and year that the file's name, titles and values tell, in this order."""
    kept = [sheet for sheet in layout.sheets if sheet.kept]
    titles = " ".join([*(sheet.title for sheet in kept), *(sheet.sheet_name for sheet in kept)])
    values = _values(source, kept)
    # Of offices that write in traditional characters, too.
    simple = simplified_characters()
    name, titles = name.translate(simple), titles.translate(simple)
    scheme = _scheme(name, titles, values)
    area, told_by = _area(name, titles, values, places)
    if scheme in (Scheme.URBMI, Scheme.UEBMI):
        area, told_by = places.city, "SCHEME"
    return Origin(scheme=scheme, area=area, year=_year(name, titles, values), told_by=told_by)


def _scheme(name: str, titles: str, values: dict[str, list[str]]) -> Scheme | None:
    codes = Counter(values.get("scheme_code", []))
    if codes:
        scheme = _INSUTYPES.get(codes.most_common(1)[0][0].strip()[:3])
        if scheme:
            return scheme
    for text in (name.lower(), titles.lower()):
        for scheme, words in _SCHEME_WORDS.items():
            if any(word in text for word in words if not word.isdigit()):
                return scheme
    # A roster of households with contributions is the rural scheme's; no export has them.
    return Scheme.NCMS if values.get("household_no") or values.get("amount") else None


def _area(
    name: str, titles: str, values: dict[str, list[str]], places: Places
) -> tuple[Area | None, str]:
    numbers = [*values.get("household_no", []), *values.get("member_no", [])]
    guesses = (
        ("NAME_CODE", places.by_code(name)),
        ("NAME", places.by_name(name)),
        ("TITLE", places.by_name(titles)),
        ("NAME_INITIALS", places.by_initials(name)),
        ("TOWNS", places.by_towns([*values.get("town", []), *titles.split()])),
        ("NUMBERS", places.by_prefix(numbers)),
        ("ADDRESSES", places.by_addresses(values.get("address", []))),
        ("PEOPLE", places.by_prefix(values.get("id_number", []))),
    )
    return next(((area, told) for told, area in guesses if area), (None, ""))


def _year(name: str, titles: str, values: dict[str, list[str]]) -> int | None:
    written = Counter(
        str(year) for text in values.get("year", []) if (year := read_year(text).year)
    )
    if written:
        return int(written.most_common(1)[0][0])
    for text in (name, titles):
        plain = _MADE_ON.sub("", _HAN_YEAR.sub(_in_digits, text))
        found = _YEAR.search(_DAY.sub("", plain)) or _YEAR.search(plain)
        if found:
            return int(found.group(1))
    return None


def _in_digits(written: re.Match[str]) -> str:
    return written[0].translate(str.maketrans("〇零○Ｏ一二三四五六七八九", "0000123456789"))


def _values(source: Source, kept: Sequence[SheetLayout]) -> dict[str, list[str]]:
    """Values of the telling fields in the samples of the kept sheets."""
    samples = source.sample()
    values: dict[str, list[str]] = {}
    for sheet in kept:
        block = samples.get(sheet.sheet)
        if block is None:
            continue
        for column in sheet.columns:
            told = _TELLING.intersection(column.fed)
            if not told:
                continue
            rows = (
                values_of(column, row)
                for number, row in zip(block.row_numbers, block.cells, strict=True)
                if number == 0 or number >= sheet.first_row
            )
            for row in rows:
                for field in told:
                    if row[field].strip():
                        values.setdefault(field, []).append(row[field])
    return values
