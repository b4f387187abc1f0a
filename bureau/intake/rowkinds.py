"""What a row is: a record, or a blank, title, heading, subtotal or note that travels with records.

A record must never be lost and nothing else may pass for one. What shows a record is decided by the
fields that the caller calls evidence; words decide only about rows without such evidence.
"""

from collections.abc import Sequence

import polars as pl

from bureau.intake.shapes import FieldSpec, SheetLayout, normal_heading

RECORD, BLANK, TITLE, HEADER, SUBTOTAL, NOTE = (
    "record",
    "blank",
    "title",
    "header",
    "subtotal",
    "note",
)
# What a cell may hold and still be empty: spaces, invisible and control characters.
NOTHING = r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3000\ufeff]+"
# A number long enough to name one person or thing, however it is spaced and wrapped.
LONG_NUMBER = r"[0-9０-９]{14}"
# "4人", "1,680.00元", "12": what a subtotal writes where records have their own values.
COUNT = r"^[共计：:]*[0-9０-９][0-9０-９,，.]*(?:人|户|口|名|人次|元|次|条|行|份|页|笔)?$"
SUBTOTAL_WORDS = (
    r"^(?:.{0,14}[^0-9a-z])?(?:小计|合计|总计|累计|共计|subtotal|total|grandtotal)"
    r"[：:（(]?[0-9０-９,，.元人户口名次条行份笔共计金额缴费万、：:）)（(大写]*$"
)
NOTE_WORDS = (
    r"^[（(\[【*※]*(?:注|备注|说明|附注|附|填表说明|填报说明|填写说明|注意事项|注意|填表人|填报人|"
    r"制表人?|制表单位|审核人?|复核人?|负责人|经办人?|联系人|联系电话|填表日期|填报日期|制表日期|日期|"
    r"填报单位|编制单位|单位|单位负责人|统计年度|年度|盖章|签字|签章|以上|以下|note|notes|remark|remarks)"
    r"[0-9一二三]*[)）\]】]*(?:[：:.、，,（(]|$)"
)
PAGE_WORDS = (
    r"^(?:[-—–]*第?[0-9０-９一二三四五六七八九十百]+页[-—–]*|[-—–]+[0-9]+[-—–]+|"
    r"共[0-9０-９]+页|第[0-9０-９]+页[，,/、]?共[0-9０-９]+页|page[0-9]+(?:(?:of|/)[0-9]+)?)$"
)
# One lone cell is a record only if it is as short as a name.
LONE_CELL_CHARACTERS = 6


def kind_of_rows(
    columns: Sequence[str], layout: SheetLayout, fields: Sequence[FieldSpec]
) -> pl.Expr:
    """An expression for the kind of each row; `columns` are the frame's cell columns in order.

    The frame also needs `row_no` and `bare`, the line without separators and invisible characters.
    """
    evidence = _evidence_columns(columns, layout, fields)
    plausible = [_is_plausible(pl.col(name)) for name in evidence]
    proofs = pl.sum_horizontal(plausible) if plausible else pl.lit(0)
    numbered = [
        pl.col(name).str.replace_all(NOTHING, "").str.contains(LONG_NUMBER) for name in evidence
    ]
    strong = (proofs >= 2) | (pl.any_horizontal(numbered) if numbered else pl.lit(False))
    row_no = pl.col("row_no")
    before = row_no < (layout.header_row or layout.first_row)
    return (
        pl.when(pl.col("bare") == "")
        .then(pl.lit(BLANK))
        .when(before)
        .then(pl.lit(TITLE))
        .when(row_no < layout.first_row)
        .then(pl.lit(HEADER))
        .when(_is_heading(columns, layout, fields))
        .then(pl.lit(HEADER))
        .when(strong)
        .then(pl.lit(RECORD))
        .otherwise(_weak_kind(columns, layout, proofs))
    )


def _evidence_columns(
    columns: Sequence[str], layout: SheetLayout, fields: Sequence[FieldSpec]
) -> list[str]:
    wanted = {field.name for field in fields if field.evidence}
    return [columns[column.index] for column in layout.columns if column.field in wanted]


def _is_plausible(cell: pl.Expr) -> pl.Expr:
    """Whether a cell of an evidence column holds more than nothing or a subtotal's count."""
    bare = cell.str.replace_all(NOTHING, "")
    return (bare.fill_null("") != "") & ~bare.str.contains(COUNT) | bare.str.contains(
        r"^[0-9０-９]{5,}$"
    )


def _is_heading(
    columns: Sequence[str], layout: SheetLayout, fields: Sequence[FieldSpec]
) -> pl.Expr:
    """Whether a row repeats the heading, in its own words or in usual ones for the same columns."""
    repeats = [_repeats(columns, cells) for cells in layout.header_cells]
    words = {field.name: field.header_words for field in fields if field.evidence}
    named = []
    for column in layout.columns:
        if column.field in words:
            usual = [normal_heading(word) for word in (column.header, *words[column.field])]
            bare = pl.col(columns[column.index]).str.replace_all(NOTHING, "").str.to_lowercase()
            named.append(bare.is_in(usual).fill_null(False))
    if len(named) >= 2:
        repeats.append(pl.sum_horizontal(named) >= 2)
    return pl.any_horizontal(repeats) if repeats else pl.lit(False)


def _repeats(columns: Sequence[str], cells: Sequence[str]) -> pl.Expr:
    """Whether at least three in five of the heading's cells stand in the row as there."""
    texts = [(name, text) for name, text in zip(columns, cells, strict=False) if text.strip()]
    if len(texts) < 2:
        return pl.lit(False)
    same = [(pl.col(name) == text).fill_null(False) for name, text in texts]
    return pl.sum_horizontal(same) >= max(2, 0.6 * len(texts))


def _weak_kind(columns: Sequence[str], layout: SheetLayout, proofs: pl.Expr) -> pl.Expr:
    """The kind of a row with at most one piece of evidence."""
    bare_cells = [
        pl.col(name).str.replace_all(NOTHING, "").str.to_lowercase().replace("", None)
        for name in columns
    ]
    first = pl.coalesce(bare_cells)
    filled = pl.sum_horizontal([cell.is_not_null() for cell in bare_cells])
    title = normal_heading(layout.title)
    is_subtotal = pl.any_horizontal(
        [cell.str.contains(SUBTOTAL_WORDS).fill_null(False) for cell in bare_cells]
    )
    lone_note = (filled == 1) & ((proofs == 0) | (first.str.len_chars() > LONE_CELL_CHARACTERS))
    return (
        pl.when((first == title) if title else pl.lit(False))
        .then(pl.lit(TITLE))
        .when(is_subtotal)
        .then(pl.lit(SUBTOTAL))
        .when(first.str.contains(NOTE_WORDS) | first.str.contains(PAGE_WORDS) | lone_note)
        .then(pl.lit(NOTE))
        # A prepared but empty form line: a running number, perhaps the place, and nobody.
        .when((proofs == 0) & (filled <= 2))
        .then(pl.lit(NOTE))
        .otherwise(pl.lit(RECORD))
    )
