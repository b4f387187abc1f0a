"""A generated city taken from its files to people in memory, and measured against the truth."""

import csv
import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from bureau.intake.frames import frames
from bureau.intake.layouts import propose_layout
from bureau.intake.readers import open_source
from enrollment.choices import Outcome, Scheme
from enrollment.imports.match import Workspace, link_rows
from enrollment.imports.normalise import finish_roster, normalise, usual_date_form
from enrollment.imports.roster_checks import check_rosters
from enrollment.imports.roster_context import RosterContext
from enrollment.imports.roster_fields import ROSTER_FIELDS
from enrollment.imports.sources import Origin, origin_of
from enrollment.tests.imports.reference_places import reference_places

YEAR = 2019
TRUTH_OUTCOMES = {
    "accept": Outcome.ACCEPTED,
    "accept_with_fix": Outcome.FIXED,
    "review": Outcome.REVIEW,
    "reject": Outcome.REJECTED,
}
LOADED = (Outcome.ACCEPTED, Outcome.FIXED)
Place = tuple[str, str, int]  # file, sheet, row


@dataclass
class Trial:
    """What came out, and where it differs from the truth."""

    records: int = 0
    lost: list[Place] = field(default_factory=list)
    loaded_though_no_record: list[Place] = field(default_factory=list)
    not_allowed: list[tuple[Any, ...]] = field(default_factory=list)
    loaded_unseen: list[Place] = field(default_factory=list)
    wrong_origins: list[tuple[str, Origin]] = field(default_factory=list)
    wrong_links: int = 0
    links: int = 0
    certain_pairs: int = 0
    certain_pairs_linked: int = 0
    pairs: int = 0
    pairs_found: int = 0
    pairs_offered: int = 0


def try_city(root: Path, workspace: Path) -> Trial:
    """The trial of the city under `root`: every file read, judged, checked and linked."""
    trial = Trial()
    rosters: dict[str, list[pl.DataFrame]] = defaultdict(list)
    places = reference_places()
    for file in _truth(root, "files"):
        origin, rows = read_file(root / "files" / file["file"], places)
        if file["source"].startswith(Scheme.NCMS):
            expected = (Scheme.NCMS, file["source"].removeprefix(Scheme.NCMS))
        else:
            expected = (Scheme(file["source"]), places.city.code)
        told = (origin.scheme, origin.area.code if origin.area else None)
        if told != expected or origin.year not in (YEAR, None):
            trial.wrong_origins.append((file["file"], origin))
        rosters[file["source"]].append(
            rows.with_columns(
                roster=pl.lit(file["source"]), area=pl.coalesce("area_code", pl.lit(expected[1]))
            )
        )
    rows = pl.concat(finish_roster(pl.concat(parts)) for parts in rosters.values())
    rows = _checked(rows.with_row_index("row_id"), Workspace(workspace))
    _compare(trial, root, rows, Workspace(workspace))
    return trial


def _truth(root: Path, name: str) -> list[dict[str, str]]:
    with (root / "truth" / f"truth_{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def read_file(path: Path, places: Any) -> tuple[Origin, pl.DataFrame]:
    with open_source(path) as source:
        layout = propose_layout(source, ROSTER_FIELDS)
        origin = origin_of(path.name, source, layout, places)
        kept = [sheet for sheet in layout.sheets if sheet.kept]
        fed = frozenset(name for sheet in kept for c in sheet.columns for name in c.fed)
        names = {sheet.sheet: sheet.sheet_name for sheet in kept}
        reference_on = date(YEAR, 12, 31)
        context, judged = None, []
        for frame in frames(source, layout, ROSTER_FIELDS):
            context = context or RosterContext(
                year=YEAR,
                reference_on=reference_on,
                fields=fed,
                scheme=origin.scheme or Scheme.NCMS,
                amounts_due=origin.scheme == Scheme.NCMS and "amount" in fed,
                date_form=usual_date_form(frame, reference_on=reference_on),
            )
            judged.append(normalise(frame, context=context).drop("raw", "beyond"))
    rows = pl.concat(judged).with_columns(
        file=pl.lit(path.name),
        sheet=pl.col("sheet").replace_strict(names, return_dtype=pl.String),
    )
    return origin, rows


def _checked(rows: pl.DataFrame, workspace: Workspace) -> pl.DataFrame:
    """Records alone, with the outcome that their own roster leaves them."""
    records = rows.filter(pl.col("outcome") != Outcome.NOT_RECORD.value)
    found = check_rosters(records, workspace=workspace).filter(pl.col("outcome").is_not_null())
    return _held(records, found)


def _held(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    held = pl.col("row_id").is_in(found["row_id"].implode()) & pl.col("outcome").is_in(
        [outcome.value for outcome in LOADED]
    )
    return rows.with_columns(
        outcome=pl.when(held).then(pl.lit(Outcome.REVIEW.value)).otherwise("outcome")
    )


def _compare(trial: Trial, root: Path, rows: pl.DataFrame, workspace: Workspace) -> None:
    linkage = link_rows(rows, workspace=workspace)
    rows = _held(rows, linkage.findings)
    places = {
        row_id: (file, sheet, row)
        for row_id, file, sheet, row in rows.select("row_id", "file", "sheet", "row_no").iter_rows()
    }
    outcomes = dict(
        zip(map(places.__getitem__, rows["row_id"]), rows["outcome"], strict=True),
    )
    truth = _truth(root, "records")
    known = {(one["file"], one["sheet"], int(one["row"])): one for one in truth}
    trial.records = len(known)
    trial.loaded_though_no_record = [
        place for place, got in outcomes.items() if got in LOADED and place not in known
    ]
    for place, one in known.items():
        got = outcomes.get(place)
        if got is None:
            trial.lost.append(place)
            continue
        words = [one["expected"], *filter(None, one["also_ok"].split(";"))]
        if got not in [TRUTH_OUTCOMES[word] for word in words]:
            trial.not_allowed.append((*place, one["faults"], one["expected"], got))
            if got in LOADED:
                trial.loaded_unseen.append(place)
    number_of = {place: one["record_id"] for place, one in known.items()}
    person_of = {one["record_id"]: one["person_key"] for one in truth}
    cluster = {
        number_of[places[row_id]]: found
        for row_id, found in linkage.links.select("row_id", "cluster").iter_rows()
        if places[row_id] in number_of
    }
    _compare_links(trial, cluster, person_of)
    offered = {
        frozenset(cluster.get(number_of.get(places[row], ""), -row - 1) for row in pair)
        for pair in linkage.pairs.select("row_a", "row_b").drop_nulls().iter_rows()
    }
    trial.pairs_offered = linkage.pairs.height
    for pair in _truth(root, "pairs"):
        if pair["link"] == "none":
            continue
        a, b = cluster.get(pair["record_a"], -1), cluster.get(pair["record_b"], -2)
        trial.pairs += 1
        trial.pairs_found += a == b or frozenset((a, b)) in offered
        trial.certain_pairs += pair["link"] == "auto"
        trial.certain_pairs_linked += pair["link"] == "auto" and a == b


def _compare_links(trial: Trial, cluster: dict[str, int], person_of: dict[str, str]) -> None:
    members: dict[int, list[str]] = defaultdict(list)
    for record, one in cluster.items():
        members[one].append(record)
    for group in members.values():
        for first, second in itertools.combinations(group, 2):
            trial.links += 1
            trial.wrong_links += person_of[first] != person_of[second]
