"""Writes what is right about generated rosters: records, people, pairs, traps and files."""

from pathlib import Path
from typing import IO

from bureau.testing.city.faults import REJECT, outcomes
from bureau.testing.city.habits import Layout
from bureau.testing.city.people import Person, Row

#: Fault -> difference that stands in the way of linking two records.
HARD = {
    "ID_DIGIT": "id_wrong_digit", "ID_SWAP": "id_swapped", "ID_WRONG_COL": "id_wrong_column",
    "ID_PARENT": "id_other_person", "ID_SHARED": "id_other_person",
    "ID_DUP_ISSUED": "id_issued_twice", "ID_MISSING": "id_missing", "NEWBORN_NO_ID": "id_newborn",
    "ID_FLOAT": "id_mangled", "ID_SCI": "id_mangled", "ID_000": "id_mangled",
    "BIRTH_DIFF": "birth_differs", "BIRTH_IMPOSSIBLE": "birth_differs", "SEX_DIFF": "sex_differs",
    "NAME_HOMOPHONE": "name_homophone", "NAME_GLYPH": "name_glyph",
    "NAME_RARE_LOST": "name_char_lost", "NAME_MISSING": "name_missing",
}  # fmt: skip
#: Fault -> difference that normalising removes, in order of precedence.
SOFT = {
    "ID15": "id_15", "ID_LOWER_X": "id_format", "ID_FULLWIDTH": "id_format",
    "ID_SPACE": "id_format", "ID_ZEROWIDTH": "id_format", "ID_PREFIX": "id_format",
    "NAME_TRAD": "name_traditional", "NAME_SPACE": "name_format",
}  # fmt: skip
TRAP_FAULTS = {"parent_id": "ID_PARENT", "shared_id": "ID_SHARED"}

HEADERS = {
    "records": "record_id,source,file,sheet,row,person_key,faults,expected,also_ok",
    "people": (
        "person_key,name,sex,birth,id_no,ethnicity,household,relation,area,special,flags,sources"
    ),
    "pairs": "record_a,record_b,person_key,overlap,class,link",
    "traps": "record_a,record_b,kind",
    "files": (
        "file,source,container,encoding,bom,delimiter,newline,sheets,header_row,header_rows,records"
    ),
}


def pair_class(faults: set[str]) -> tuple[str, bool]:
    """The class of difference between two records, and whether it is linked without asking."""
    hard = {HARD[code] for code in faults if code in HARD}
    if hard:
        return (hard.pop() if len(hard) == 1 else "several"), False
    return next((label for code, label in SOFT.items() if code in faults), "identical"), True


def overlap(one: str, other: str) -> str:
    """What two sources of one person's records say about how the person is covered twice."""
    if one == other:
        return "same_roster"
    if one.startswith("NCMS") and other.startswith("NCMS"):
        return "other_county"
    first, second = sorted((one[:4], other[:4]), key=("NCMS", "URBM", "UEBM").index)
    return f"{first}_{second}".replace("URBM", "urbmi").replace("UEBM", "uebmi").lower()


class Truth:
    """Numbers the records and writes the truth files as the rosters come into being."""

    def __init__(self, directory: Path | None) -> None:
        self.records = 0
        self.pairs = 0
        self.faulty = 0
        self._files: dict[str, IO[str]] = {}
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            for name, header in HEADERS.items():
                path = directory / f"truth_{name}.csv"
                self._files[name] = path.open("w", encoding="utf-8", newline="")
                self._files[name].write(header + "\n")

    def close(self) -> None:
        """Finish the files."""
        for file in self._files.values():
            file.close()

    def add_person(self, person: Person) -> None:
        """One line about a person."""
        if not self._files:
            return
        birth = person.birth
        self._files["people"].write(
            f"P{person.key:07d},{person.name},{'男' if person.male else '女'},"
            f"{birth[:4]}-{birth[4:6]}-{birth[6:]},{person.number},{person.ethnicity},"
            f"H{person.household.key},{person.relation},{person.area},{person.special},"
            f"{';'.join(person.flags)},{';'.join(person.sources)}\n"
        )

    def add_record(self, row: Row, source: str, file: str, sheet: str, line: int) -> None:
        """One line about a record, and its pairs with the person's other records."""
        person = row.person
        number = self.records
        self.records += 1
        faults = tuple(row.faults)
        if faults:
            self.faulty += 1
        if not self._files:
            return
        expected, also = outcomes(faults, is_export=not source.startswith("NCMS"))
        self._files["records"].write(
            f"{number},{source},{file},{sheet},{line},P{person.key:07d},"
            f"{';'.join(faults)},{expected},{';'.join(also)}\n"
        )
        if person.entangled:
            self._add_traps(person, number, faults)
        for record in person.records:
            self._add_pair(person, record, (number, source, faults, expected))
        person.records.append((number, source, faults, expected))

    def add_file(
        self, layout: Layout, file: str, sheets: int, header_row: int, records: int
    ) -> None:
        """One line about a finished file."""
        if not self._files:
            return
        text = layout.container == "text"
        delimiter = {"\t": "tab", ",": '","'}.get(layout.delimiter, layout.delimiter)
        newline = "CRLF" if layout.newline == "\r\n" else "LF"
        cells = [layout.encoding, str(int(layout.bom)), delimiter, newline] if text else [""] * 4
        name = f'"{file}"' if "," in file else file
        self._files["files"].write(
            f"{name},{layout.source},{layout.container},{','.join(cells)},{sheets},{header_row},"
            f"{layout.header_rows},{records}\n"
        )

    def _add_pair(
        self,
        person: Person,
        one: tuple[int, str, tuple[str, ...], str],
        other: tuple[int, str, tuple[str, ...], str],
    ) -> None:
        self.pairs += 1
        label, automatic = pair_class({*one[2], *other[2]})
        link = "auto" if automatic else "review"
        if REJECT in {one[3], other[3]}:
            link = "none"
        self._files["pairs"].write(
            f"{one[0]},{other[0]},P{person.key:07d},{overlap(one[1], other[1])},{label},{link}\n"
        )

    def _add_traps(self, person: Person, number: int, faults: tuple[str, ...]) -> None:
        """Pairs of records of two people who are easily taken for one."""
        for other, kind in person.entangled:
            for record in other.records:
                code = TRAP_FAULTS.get(kind)
                if code is None or code in faults or code in record[2]:
                    self._files["traps"].write(f"{record[0]},{number},{kind}\n")
