"""The counties' sample files, row by row against the list of what in them is a record."""

import collections
import csv
from pathlib import Path

import polars as pl
import pytest

from bureau.intake.frames import frames
from bureau.intake.layouts import missing_required, propose_layout
from bureau.intake.readers import open_source
from bureau.intake.tests.sample_fields import FIELDS

SAMPLE = Path(__file__).parents[4] / "shared" / "data" / "rosters" / "sample"
pytestmark = pytest.mark.skipif(
    not SAMPLE.exists(), reason="the sample rosters are not beside this checkout"
)


def truth(name):
    with (SAMPLE / "truth" / name).open(encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def test_every_record_and_nothing_else_is_read_from_every_file():
    expected = collections.defaultdict(set)
    for record in truth("truth_records.csv"):
        expected[record["file"]].add((record["sheet"], int(record["row"])))
    for described in truth("truth_files.csv"):
        name = described["file"]
        with open_source(SAMPLE / "files" / name) as source:
            layout = propose_layout(source, FIELDS)
            frame = pl.concat(frames(source, layout, FIELDS))
            sheets = {sheet.number: sheet.name for sheet in source.shape.sheets}
            shape = source.shape
        records = frame.filter(pl.col("kind") == "record")
        read = {
            (sheets[sheet], row)
            for sheet, row in zip(records["sheet"], records["row_no"], strict=True)
        }
        assert read == expected[name], name
        assert missing_required(layout, FIELDS) == {}, name
        kept = [sheet for sheet in layout.sheets if sheet.kept]
        assert {(str(s.header_row), str(s.header_rows)) for s in kept} == {
            (described["header_row"], described["header_rows"])
        }, name
        if described["container"] == "text":
            delimiter = "\t" if described["delimiter"] == "tab" else described["delimiter"]
            assert shape.delimiter == delimiter, name
            assert shape.newline == described["newline"], name
            assert shape.encoding == described["encoding"].replace("gbk", "gb18030"), name


def test_names_outside_gbk_and_values_of_the_last_columns_survive():
    with open_source(SAMPLE / "files" / "gxyq2019.xlsx") as source:
        layout = propose_layout(source, FIELDS)
        frame = pl.concat(frames(source, layout, FIELDS))
    first = frame.filter(pl.col("kind") == "record").row(0, named=True)
    assert (first["name"], first["born"], first["amount"]) == ("姜学发", "16541", "300")
