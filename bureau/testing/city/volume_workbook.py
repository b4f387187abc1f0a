"""The huge roster of `volume` as a workbook, as a spreadsheet program would store it."""

import itertools
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import polars as pl

from bureau.testing.city.volume import HEADERS, volume_frames

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1"'
    f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1"'
    f' Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2"'
    f' Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}
#: Columns that a clerk's program keeps as numbers.
NUMERIC = ("年度",)


def write_volume_workbook(path: Path | str, *, rows: int, seed: int = 1, year: int = 2019) -> int:
    """Write a workbook of one sheet with so many rows and their headings; returns its bytes."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as workbook,
        tempfile.TemporaryFile() as strings,
    ):
        for name, text in PARTS.items():
            workbook.writestr(name, DECLARATION + text)
        with workbook.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{DECLARATION}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for lines in _lines(volume_frames(rows, seed=seed, year=year), strings):
                sheet.write(lines)
            sheet.write(b"</sheetData></worksheet>")
        strings.seek(0)
        with workbook.open("xl/sharedStrings.xml", "w", force_zip64=True) as shared:
            shared.write(f'{DECLARATION}<sst xmlns="{MAIN}">'.encode())
            while piece := strings.read(1024**2):
                shared.write(piece)
            shared.write(b"</sst>")
    return Path(path).stat().st_size


def _lines(frames: Iterator[pl.DataFrame], strings: IO[bytes]) -> Iterator[bytes]:
    """The rows as XML; their texts go to `strings`, each once a frame, and stand as its number."""
    stored, number = 0, 1
    head = pl.DataFrame({name: [name] for name in HEADERS})
    for frame in itertools.chain([head], frames):
        texts = frame.select(HEADERS)
        textual = [name for name in HEADERS if number == 1 or name not in NUMERIC]
        distinct = (
            pl.concat([texts[name].alias("text") for name in textual])
            .unique(maintain_order=True)
            .to_frame()
            .filter(pl.col("text") != "")
            .with_row_index("place", offset=stored)
        )
        cells = pl.concat_str(pl.lit("<si><t>"), "text", pl.lit("</t></si>"))
        strings.write(distinct.select(cells).to_series().str.join("").item().encode())
        stored += distinct.height
        yield _rows_as_xml(texts, distinct, textual, number)
        number += texts.height


def _rows_as_xml(
    texts: pl.DataFrame, distinct: pl.DataFrame, textual: list[str], first: int
) -> bytes:
    cells = []
    for at, name in enumerate(HEADERS):
        column = chr(ord("A") + at)
        if name in textual:
            places = texts.select(pl.col(name).alias("text")).join(
                distinct, on="text", how="left", maintain_order="left"
            )["place"]
            kind, value = ' t="s"', places.cast(pl.String)
        else:
            kind, value = "", texts[name]
        cells.append(
            pl.DataFrame(
                {"row": pl.int_range(first, first + texts.height, eager=True), "value": value}
            )
            .select(
                pl.when(pl.col("value").is_null())
                .then(pl.lit(""))
                .otherwise(pl.format(f'<c r="{column}{{}}"{kind}><v>{{}}</v></c>', "row", "value"))
            )
            .to_series()
            .alias(column)
        )
    rows = pl.DataFrame(cells).with_columns(
        row=pl.int_range(first, first + texts.height, eager=True)
    )
    line = pl.concat_str(
        pl.format('<row r="{}">', "row"), *(one.name for one in cells), pl.lit("</row>")
    )
    return bytes(rows.select(line).to_series().str.join("").item().encode())
