"""What a row is: a record, or a blank, title, heading, subtotal or note that travels with records.

A record must never be lost and nothing else may pass for one. What shows a record is decided by the
fields that the caller calls evidence; words decide only about rows without such evidence.
"""

import re
from collections.abc import Sequence

import polars as pl

from bureau.intake.shapes import INVISIBLE, ColumnMap, FieldSpec, SheetLayout, normal_heading

RECORD, BLANK, TITLE, HEADER, SUBTOTAL, NOTE, GROUP = (
    "record",
    "blank",
    "title",
    "header",
    "subtotal",
    "note",
    "group",
)
# What a cell may hold and still be empty: spaces, invisible and control characters.
NOTHING = r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3000\ufeff]+"
# A number long enough to name one person or thing, however it is spaced and wrapped.
LONG_NUMBER = r"[0-9０-９]{14}"
# "4人", "1,680.00元", "12": what a subtotal writes where records have their own values.
COUNT = r"^[共计：:]*[0-9０-９][0-9０-９,，.]*(?:人|户|口|名|人次|元|次|条|行|份|页|笔)?$"
SUBTOTAL_WORDS = re.compile(
    r"^(?:.{0,14}[^0-9a-z])?"
    r"(?:小计|合计|总计|累计|共计|[户村组队社屯镇乡页]计|总数|总额|总?[人户]数|过次页|承前页|转下页|接上页|"
    r"上页结转|结转下页|subtotal|total|grandtotal|broughtforward|carriedforward)"
    r"[：:（(]?[0-9０-９,，.元人户口名次条行份笔数共计金额缴费万、：:）)（(大写]*$"
)
NOTE_WORDS = re.compile(
    r"^[（(\[【*※]*(?:注|备注|说明|附注|附|填表说明|填报说明|填写说明|注意事项|注意|填表人|填报人|"
    r"制表人?|制表单位|审核人?|复核人?|负责人|经办人?|联系人|联系电话|填表日期|填报日期|制表日期|日期|"
    r"填报单位|编制单位|单位|单位负责人|统计年度|年度|盖章|签字|签章|以上|以下|note|notes|remark|remarks)"
    r"(?:签字|签名|签章|盖章)?[0-9一二三]*[)）\]】]*(?:[：:.、，,（(]|$)"
)
# "审核人：李某", "联系电话：0411-…": what stands below a list, whichever column it falls into.
SIGNED = (
    r"^[（(]?(?:[^：:]{0,6}(?:负责人?|经办人?|审核人?|复核人?|制表人?|填表人?|填报人?|制单人?|录入人?|"
    r"主任|书记|会计|出纳|组长|队长|村长|收款人?|开票人?|核对人?|监交人?|交款人签名|签字|签名|签章|盖章|公章|"
    r"单位|电话|日期|时间|年度|标准))(?:[（(][^）)]*[）)])?[：:]"
)
SIGNATURE = re.compile(SIGNED)
PAGE_WORDS = re.compile(
    r"^(?:[-—–]*第?[0-9０-９一二三四五六七八九十百]+页[-—–]*|[-—–]+[0-9]+[-—–]+|"
    r"共[0-9０-９]*页[，,/、]?(?:第[0-9０-９]*页)?|第[0-9０-９]*页[，,/、]?共[0-9０-９]*页|"
    r"page[0-9]+(?:(?:of|/)[0-9]+)?)$"
)
# A village or group alone in its row heads the rows below it, in whichever column it stands.
PLACE_WORDS = re.compile(
    r"^.{1,10}(?:[乡镇村屯组队]|街道|社区|农场|嘎查|苏木|[居村]委会|居民委员会|村民委员会)(?:[（(].*[)）])?$"
)
PLACE_CHARACTERS = 3
# What templates write below their headings: the kind of value that each column takes.
KIND_WORDS = re.compile(
    r"(?:文本|数字|数值|字符|字符串|日期|代码|整数|小数|货币|常规|布尔|选择|下拉|必填|选填|可空|非空|text|string|"
    r"number|numeric|integer|int|date|datetime|decimal|double|float|boolean|char|varchar2?|code)"
    r"(?:型|类型|格式|项)?(?:[(（][^()（）]*[)）])?"
)
KIND_SHARE = 0.8
# One lone cell is a record only if it is as short as a name.
LONE_CELL_CHARACTERS = 6


def kind_of_rows(
    frame: pl.DataFrame,
    columns: Sequence[str],
    layout: SheetLayout,
    fields: Sequence[FieldSpec],
) -> pl.Series:
    """The kind of each row of `frame`, whose cell columns are `columns` in order.

    The frame also needs `row_no` and `bare`, the line without separators and invisible characters.
    """
    proofs = _proofs(frame, _evidence_columns(columns, layout, fields), layout, fields)
    row_no = pl.col("row_no")
    kinds = frame.with_columns(proofs).select(
        pl.when(pl.col("bare") == "")
        .then(pl.lit(BLANK))
        .when(row_no < (layout.header_row or layout.first_row))
        .then(pl.lit(TITLE))
        .when((row_no < layout.first_row) | _repeats_heading(columns, layout) | pl.col("named"))
        .then(pl.lit(HEADER))
        .when((pl.col("count") >= 2) | pl.col("numbered"))
        .then(pl.lit(RECORD))
        .alias("kind")
    )["kind"]
    kinds = _without_kind_rows(kinds, frame, columns, layout)
    weak = kinds.is_null()
    if weak.any():
        title = normal_heading(layout.title)
        rest = frame.filter(weak).select(columns).rows()
        counts = proofs["count"].filter(weak)
        groups = _group_places(layout, fields)
        decided = [
            GROUP if count == 0 and _heads_group(row, *groups) else weak_kind(row, count, title)
            for row, count in zip(rest, counts, strict=True)
        ]
        kinds = kinds.scatter(weak.arg_true(), pl.Series(decided, dtype=pl.String))
    return kinds


def _without_kind_rows(
    kinds: pl.Series, frame: pl.DataFrame, columns: Sequence[str], layout: SheetLayout
) -> pl.Series:
    """The kinds with a row of words for kinds of values, below the heading, as part of it."""
    below = layout.first_row - int(frame["row_no"][0]) if len(frame) else -1
    if not layout.header_row or not 0 <= below < len(frame):
        return kinds
    cells = [text for cell in frame.select(columns).row(below) if cell and (text := cell.strip())]
    told = sum(bool(KIND_WORDS.fullmatch(cell.lower())) for cell in cells)
    if len(cells) < 2 or told < KIND_SHARE * len(cells):
        return kinds
    return kinds.scatter(below, HEADER)


def _proofs(
    frame: pl.DataFrame,
    proof_columns: Sequence[str],
    layout: SheetLayout,
    fields: Sequence[FieldSpec],
) -> pl.DataFrame:
    """Per row the `count` of plausible evidence cells, whether one is `numbered`, and `named`."""
    if not proof_columns:
        return frame.select(
            count=pl.repeat(0, pl.len()),
            numbered=pl.repeat(False, pl.len()),
            named=pl.repeat(False, pl.len()),
        )
    bare = frame.select(pl.col(name).str.replace_all(NOTHING, "") for name in proof_columns)
    return bare.select(
        count=pl.sum_horizontal([_is_plausible(pl.col(name)) for name in proof_columns]),
        numbered=pl.any_horizontal(
            [pl.col(name).str.contains(LONG_NUMBER) for name in proof_columns]
        ),
        named=_names_fields(proof_columns, layout, fields),
    )


def weak_kind(row: Sequence[str | None], proofs: int, title: str) -> str:
    """The kind of a row with at most one piece of evidence, decided by the words in it."""
    cells = [text for cell in row if cell and (text := INVISIBLE.sub("", cell).lower())]
    if not cells:
        return BLANK
    if title and normal_heading(cells[0]) == title:
        return TITLE
    if any(map(SUBTOTAL_WORDS.search, cells)):
        return SUBTOTAL
    first, lone = cells[0], len(cells) == 1
    if NOTE_WORDS.search(first) or (lone and PAGE_WORDS.search(first)):
        return NOTE
    if any(map(SIGNATURE.search, cells)):
        return NOTE
    # "户号：7" heads the rows below it; no name has a colon.
    if lone and (proofs == 0 or len(first) > LONE_CELL_CHARACTERS or set("：:") & set(first)):
        return NOTE
    if lone and len(first) >= PLACE_CHARACTERS and PLACE_WORDS.search(first):
        return NOTE
    # A prepared but empty form line: a running number, perhaps the place, and nobody.
    return NOTE if proofs == 0 and len(cells) <= 2 else RECORD


def _group_places(
    layout: SheetLayout, fields: Sequence[FieldSpec]
) -> tuple[frozenset[int], frozenset[int]]:
    """The columns that are written once for a group, and the others that are read."""
    grouped = {field.name for field in fields if field.fill_down}
    group = {c.index for c in layout.columns if c.fill_down and grouped.issuperset(c.fed)}
    known = {at for c in layout.columns if c.field for at in (c.index, *c.joined)}
    return frozenset(group), frozenset(known - group)


def _heads_group(row: Sequence[str | None], group: frozenset[int], others: frozenset[int]) -> bool:
    """Whether the row names a household or village and nobody in it: its members stand below."""
    cells = {at: INVISIBLE.sub("", cell) for at, cell in enumerate(row) if cell}
    cells = {at: text for at, text in cells.items() if text}
    if len(group & cells.keys()) < 2:
        return False
    texts = list(cells.values())
    said = any(SUBTOTAL_WORDS.search(text.lower()) or SIGNATURE.search(text) for text in texts)
    alone = all(re.fullmatch(COUNT, cells[at]) for at in others & cells.keys())
    return alone and not said and not NOTE_WORDS.search(texts[0])


def _evidence_columns(
    columns: Sequence[str], layout: SheetLayout, fields: Sequence[FieldSpec]
) -> list[str]:
    return [columns[column.index] for column in _evidence(layout, fields)]


def _evidence(layout: SheetLayout, fields: Sequence[FieldSpec]) -> list[ColumnMap]:
    wanted = {field.name for field in fields if field.evidence}
    return [column for column in layout.columns if wanted.intersection(column.fed)]


def _is_plausible(bare: pl.Expr) -> pl.Expr:
    """Whether a cell of an evidence column holds more than nothing, a count or a signature."""
    return (
        (bare != "")
        & (~bare.str.contains(COUNT) | bare.str.contains(r"^[0-9０-９]{5,}$"))
        & ~bare.str.contains(SIGNED)
    )


def _names_fields(
    proof_columns: Sequence[str], layout: SheetLayout, fields: Sequence[FieldSpec]
) -> pl.Expr:
    """Whether at least two evidence columns hold usual headings of their own field."""
    words = {field.name: field.header_words for field in fields if field.evidence}
    named = []
    for name, column in zip(proof_columns, _evidence(layout, fields), strict=True):
        known = words.get(column.field or "", ())
        usual = [normal_heading(word) for word in (column.header, *known)]
        written = pl.col(name).str.to_lowercase().str.replace_all("_", "", literal=True)
        named.append(written.is_in(usual).fill_null(False))
    return pl.sum_horizontal(named) >= 2


def _repeats_heading(columns: Sequence[str], layout: SheetLayout) -> pl.Expr:
    """Whether three in five cells of a heading row stand in the row just as there."""
    repeats = []
    for cells in layout.header_cells:
        texts = [(name, text) for name, text in zip(columns, cells, strict=False) if text.strip()]
        same = [(pl.col(name) == text).fill_null(False) for name, text in texts]
        if len(same) >= 2:
            repeats.append(pl.sum_horizontal(same) >= max(2, 0.6 * len(same)))
    return pl.any_horizontal(repeats) if repeats else pl.lit(False)
