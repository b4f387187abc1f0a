"""Reading the reference that comes with the portal: areas of a city and code tables.

Reference is added and completed, never overwritten: what staff have changed in the portal stays.
"""

import csv
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.db import transaction

from bureau.core.choices import AreaLevel
from bureau.core.models import Area, CodeTable, CodeValue

FOLDER = Path(__file__).resolve().parent
AREAS_FILE = FOLDER / "areas_dalian.csv"
CODES_FILE = FOLDER / "code_values.csv"

AREA_COLUMNS = ("code", "name", "parent_code", "level")
CODE_COLUMNS = ("table", "table_name", "value", "name")

#: Parents come before children.
LEVELS = [AreaLevel.CITY, AreaLevel.COUNTY, AreaLevel.TOWN, AreaLevel.VILLAGE]


class ReferenceIsWrong(ValueError):
    """The file cannot be used; the message names row, column, value and remedy."""


@dataclass
class Loaded:
    """What loading one file did, in rows."""

    added: int = 0
    completed: int = 0
    unchanged: int = 0


class Loader(Protocol):
    """Reads what an app brings along into its tables; safe to run again."""

    def __call__(self, *, at: datetime.datetime) -> Loaded: ...


_loaders: dict[str, Loader] = {}


def register(name: str, loader: Loader) -> None:
    """The app's own reference is loaded after the areas; call it from the app's `ready`."""
    _loaders[name] = loader


def load_registered(*, at: datetime.datetime) -> dict[str, Loaded]:
    """What the apps bring along is there, in the order in which they registered it."""
    return {name: loader(at=at) for name, loader in _loaders.items()}


def _rows(file: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line number, values without blanks around; raises ReferenceIsWrong."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise ReferenceIsWrong(
                    f"{file.name}: the columns {', '.join(missing)} are missing; add them to the "
                    "first line"
                )
            for row in reader:
                yield reader.line_num, {k: (v or "").strip() for k, v in row.items() if k}
    except (OSError, UnicodeDecodeError) as error:
        raise ReferenceIsWrong(f"{file.name} cannot be read as UTF-8 text: {error}") from error


def _complete(row: Area | CodeTable | CodeValue, wanted: Mapping[str, object]) -> list[str]:
    """Fields that were empty and now have the reference's value."""
    filled = [field for field, value in wanted.items() if value and not getattr(row, field)]
    for field in filled:
        setattr(row, field, wanted[field])
    return filled


@transaction.atomic
def load_areas(file: Path = AREAS_FILE) -> Loaded:
    """Every area of the file exists; empty fields of those that existed are filled."""
    by_level: dict[AreaLevel, list[tuple[int, dict[str, str]]]] = {level: [] for level in LEVELS}
    for line, row in _rows(file, AREA_COLUMNS):
        if row["level"] not in AreaLevel.values:
            raise ReferenceIsWrong(
                f"{file.name} line {line}, column level: {row['level']!r} is none of "
                f"{', '.join(AreaLevel.values)}"
            )
        by_level[AreaLevel(row["level"])].append((line, row))
    known = {area.code: area for area in Area.objects.all()}
    done = Loaded()
    for level in LEVELS:
        new = []
        for line, row in by_level[level]:
            area = _area(file, line, row, level, known)
            if area._state.adding:
                new.append(area)
                known[area.code] = area
            elif filled := _complete(area, _texts_of(row)):
                area.save(update_fields=filled)
                done.completed += 1
            else:
                done.unchanged += 1
        Area.objects.bulk_create(new)
        done.added += len(new)
    return done


def _area(
    file: Path, line: int, row: dict[str, str], level: AreaLevel, known: dict[str, Area]
) -> Area:
    if not (row["code"].isdigit() and 6 <= len(row["code"]) <= 12):
        raise ReferenceIsWrong(
            f"{file.name} line {line}, column code: {row['code']!r} is not 6 to 12 digits"
        )
    if row["code"] in known:
        return known[row["code"]]
    parent = known.get(row["parent_code"])
    if (parent is None) != (level == AreaLevel.CITY):
        raise ReferenceIsWrong(
            f"{file.name} line {line}, column parent_code: {row['parent_code']!r} is no area of "
            "the file or the portal; name the area that this one is part of (none for the city)"
        )
    return Area(
        code=row["code"],
        level=level,
        parent=parent,
        is_pooling_area=row.get("ncms_pooling", "") == "1",
        **({"name": row["name"]} | _texts_of(row)),
    )


def _texts_of(row: dict[str, str]) -> dict[str, object]:
    return {
        "name": row["name"],
        "name_en": row.get("name_en", ""),
        "aliases": row.get("aliases", "").split(),
        "former_codes": row.get("former_codes", "").split(),
    }


@transaction.atomic
def load_codes(file: Path = CODES_FILE) -> Loaded:
    """Every code table and value of the file exists; empty fields are filled."""
    tables = {table.code: table for table in CodeTable.objects.all()}
    values = {(v.table.code, v.value): v for v in CodeValue.objects.select_related("table")}
    new, done = [], Loaded()
    for line, row in _rows(file, CODE_COLUMNS):
        if not row["table"] or not row["value"] or not row["name"]:
            raise ReferenceIsWrong(
                f"{file.name} line {line}: table, value and name must all be given"
            )
        texts = {"name": row["name"], "name_en": row.get("name_en", "")}
        key = (row["table"], row["value"])
        if key not in values:
            table = tables.get(row["table"]) or _new_table(row, tables)
            values[key] = CodeValue(table=table, value=row["value"], **texts)
            new.append(values[key])
        elif filled := _complete(values[key], texts):
            values[key].save(update_fields=filled)
            done.completed += 1
        else:
            done.unchanged += 1
    CodeValue.objects.bulk_create(new)
    done.added = len(new)
    return done


def _new_table(row: dict[str, str], tables: dict[str, CodeTable]) -> CodeTable:
    table = CodeTable.objects.create(
        code=row["table"],
        name=row["table_name"],
        name_en=row.get("table_name_en", ""),
        source=row.get("source", ""),
    )
    tables[table.code] = table
    return table
