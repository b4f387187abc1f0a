"""Records with truth for the linkage benchmarks: a generated city, shared rosters, or rolls."""

import csv
from pathlib import Path

import polars as pl

from enrollment.choices import Scheme
from enrollment.imports.match import ROW_COLUMNS, Workspace
from enrollment.imports.normalise import finish_roster
from enrollment.imports.reference_set import checked, read_rolls
from enrollment.tests.imports.reference_places import reference_places
from enrollment.tests.imports.roster_trial import read_file


def records_of(folder: Path, workspace: Workspace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows (`match.ROW_COLUMNS`) and truth (`row_id, person, faults, kind, other`) of a folder."""
    if (folder / "truth.parquet").exists():
        return read_rolls(folder, workspace)
    return _read_city(folder, workspace)


def _read_city(root: Path, workspace: Workspace) -> tuple[pl.DataFrame, pl.DataFrame]:
    places = reference_places()
    parts: dict[str, list[pl.DataFrame]] = {}
    for file in _lines(root, "files"):
        _origin, rows = read_file(root / "files" / file["file"], places)
        source = file["source"]
        area = source.removeprefix(Scheme.NCMS) if source.startswith(Scheme.NCMS) else "210200"
        parts.setdefault(source, []).append(
            rows.with_columns(roster=pl.lit(source), area=pl.coalesce("area_code", pl.lit(area)))
        )
    rows = pl.concat(finish_roster(pl.concat(each)) for each in parts.values())
    rows = rows.filter(pl.col("outcome") != "NOT_RECORD").with_row_index("row_id")
    rows = rows.with_columns(
        pl.col("row_id").cast(pl.Int64), pl.col("row_no").cast(pl.Int64)
    ).select(*ROW_COLUMNS)
    return checked(rows, workspace), _truth_of(root, rows)


def _truth_of(root: Path, rows: pl.DataFrame) -> pl.DataFrame:
    known = pl.DataFrame(_lines(root, "records")).with_columns(pl.col("row").cast(pl.Int64))
    single = known.group_by("file").agg(pl.col("sheet").n_unique().alias("sheets"))
    known = known.join(single, on="file").with_columns(
        sheet=pl.when(pl.col("sheets") > 1).then("sheet").otherwise(pl.lit(""))
    )
    places = rows.select("row_id", "file", "sheet", row="row_no").join(single, on="file")
    places = places.with_columns(
        sheet=pl.when(pl.col("sheets") > 1).then("sheet").otherwise(pl.lit(""))
    )
    known = known.join(places.drop("sheets"), on=["file", "sheet", "row"])
    keys = known.select("person_key").unique(maintain_order=True).with_row_index("person")
    known = known.join(keys, on="person_key").with_columns(pl.col("person").cast(pl.Int64))
    number = known.select("record_id", "person")
    traps = (
        pl.DataFrame(_lines(root, "traps"), schema=["record_a", "record_b", "kind"])
        .join(number, left_on="record_b", right_on="record_id")
        .select(record_id="record_a", kind="kind", other="person")
        .unique("record_id", keep="first", maintain_order=True)
    )
    return known.join(traps, on="record_id", how="left").select(
        "row_id", "person", "faults", "kind", "other"
    )


def _lines(root: Path, name: str) -> list[dict[str, str]]:
    path = root / "truth" / f"truth_{name}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
