"""Business events become vouchers, one or a million at once, each exactly once for ever.

Which event goes to which accounts is an approved posting rule, dated. The vouchers are posted as
they are made: the rule was approved by two, and so was the business act behind the event.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl
from django.db import connection
from django.utils.translation import gettext_lazy as _

from bureau.core import audit, bulk, money
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.integrity import refusals
from bureau.core.transactions import whole
from fund.models import Book, Voucher
from fund.services.sealing import seal

#: Columns of the frame for many events: one row for each part of an event's amount.
SCHEMA: Final[Mapping[str, Any]] = {
    "source_id": pl.String,
    "voucher_on": pl.Date,
    "summary": pl.String,
    "origin_area_id": pl.Int64,
    "part": pl.String,
    "amount": pl.Decimal(18, 2),
}


@dataclass(frozen=True)
class Event:
    """One business event: its own number, its day, its amount by parts, and what it is about."""

    source_id: str
    on: datetime.date
    parts: Mapping[str, Decimal]
    summary: str
    origin_area_id: int | None = None


@dataclass(frozen=True)
class Posted:
    """What came of posting events: new vouchers, and events that had been posted before."""

    made: int
    known: int
    amount: Decimal


def post(event: str, what: Event, *, book: Book, at: datetime.datetime, by: Actor) -> Voucher:
    """The event's voucher, made now or before.

    Raises as `post_many` does, and DomainError when all parts are of nothing.
    """
    if not any(what.parts.values()):
        raise DomainError(
            "event_without_amount",
            _("The event %(event)s has no amount."),
            event=what.source_id,
        )
    post_many(event, frame_of([what]), book=book, at=at, by=by)
    return Voucher.objects.get(source_kind=event, source_id=what.source_id)


def frame_of(events: Iterable[Event]) -> pl.DataFrame:
    """The events as `post_many` takes them; parts of nothing are left out."""
    rows = [
        (one.source_id, one.on, one.summary, one.origin_area_id, part, money.exact(amount))
        for one in events
        for part, amount in one.parts.items()
        if amount
    ]
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")


def post_many(
    event: str, events: pl.DataFrame, *, book: Book, at: datetime.datetime, by: Actor
) -> Posted:
    """Each event has its voucher, posted under the next numbers of its period; all or none.

    An event that was posted before is left alone. Raises DomainError when one was posted with
    other amounts, parts, area of origin or day, or was reversed since, has a part the rule does not
    know or an amount that is not above zero, when no rule is in force, or its period is closed;
    TypeError when the frame is not of `SCHEMA` (the database would round what does not fit).
    """
    if dict(events.select(list(SCHEMA)).schema) != dict(SCHEMA):
        raise TypeError(f"events are a frame of {dict(SCHEMA)}, not of {dict(events.schema)}")
    with refusals():
        return _post_many(event, events, book, at, by)


@whole
def _post_many(
    event: str, events: pl.DataFrame, book: Book, at: datetime.datetime, by: Actor
) -> Posted:
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVING)
        # A second call in one transaction finds the first one's events gone.
        cursor.execute("TRUNCATE pg_temp.fund_arriving")
        bulk.copy_frame(connection, "pg_temp.fund_arriving", events.select(list(SCHEMA)))
        cursor.execute("ANALYZE pg_temp.fund_arriving")
        # Everybody who posts in these periods waits here, and sees then what was posted before.
        cursor.execute(_LOCK, [book.pk])
        values: dict[str, Any] = {
            "event": event, "book": book.pk, "at": at, "by": by.text[:120],
        }  # fmt: skip
        known = _leave_out_known(values)
        _expect_sound(values)
        cursor.execute(_VOUCHERS, values)
        made, amount = cursor.fetchone()
        _expect_all_made(made)
        cursor.execute(_ENTRIES, values)
    seal()
    if made:
        audit.record(
            "voucher.events_posted", by=by, at=at, target=book, area=book.fund.area, act=event,
            vouchers=made, amount=str(amount),
        )  # fmt: skip
    return Posted(made, known, amount or money.ZERO)


_ARRIVING: Final = """
    CREATE TEMPORARY TABLE IF NOT EXISTS fund_arriving (
        source_id text NOT NULL, voucher_on date NOT NULL, summary text NOT NULL,
        origin_area_id bigint, part text NOT NULL, amount numeric(18, 2) NOT NULL
    ) ON COMMIT DELETE ROWS
"""
_LOCK: Final = """
    SELECT period.id FROM fund_period period
    WHERE period.book_id = %s AND period.month > 0 AND EXISTS (
        SELECT FROM pg_temp.fund_arriving one
        WHERE one.voucher_on BETWEEN period.first_day AND period.last_day)
    ORDER BY period.id FOR NO KEY UPDATE
"""


#: Events that were posted before: as the lines say that stand, and as they arrive, side by side.
#: One join and one pass, however many arrive again.
_KNOWN: Final = """
    WITH known AS (
        SELECT voucher.id, voucher.source_id, voucher.rule_id, voucher.voucher_on,
            voucher.book_id, EXISTS (
                SELECT FROM fund_voucher red
                WHERE red.reverses_id = voucher.id AND red.state = 'POSTED') AS is_reversed
        FROM (SELECT DISTINCT source_id FROM pg_temp.fund_arriving) one
        JOIN fund_voucher voucher
          ON voucher.source_kind = %(event)s AND voucher.source_id = one.source_id
    ), arriving AS (
        SELECT known.id, line.account_id, line.side, one.amount, one.origin_area_id
        FROM known
        JOIN pg_temp.fund_arriving one ON one.source_id = known.source_id
        -- A part that the rule does not know is a line that the voucher does not have.
        LEFT JOIN fund_postingruleline line
          ON line.rule_id = known.rule_id AND line.part = one.part
    ), entry AS (
        SELECT id, account_id, side, amount, origin_area_id, 1 AS here FROM arriving
        UNION ALL
        SELECT known.id, line.account_id, CASE WHEN line.debit <> 0 THEN 'DEBIT' ELSE 'CREDIT' END,
            line.debit + line.credit, line.origin_area_id, -1
        FROM known JOIN fund_voucherline line ON line.voucher_id = known.id
    ), otherwise AS (
        SELECT DISTINCT id FROM (
            SELECT id FROM entry GROUP BY id, account_id, side, amount, origin_area_id
            HAVING sum(here) <> 0
        ) line
        UNION
        SELECT known.id FROM known
        JOIN pg_temp.fund_arriving one ON one.source_id = known.source_id
        WHERE known.book_id <> %(book)s OR known.voucher_on <> one.voucher_on
    )
    SELECT min(known.source_id) FILTER (WHERE otherwise.id IS NOT NULL),
        min(known.source_id) FILTER (WHERE known.is_reversed)
    FROM known LEFT JOIN otherwise ON otherwise.id = known.id
"""


def _leave_out_known(values: Mapping[str, Any]) -> int:
    """How many events were posted before. Raises DomainError when one was posted otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, values)
        otherwise, was_reversed = cursor.fetchone()
        if was_reversed is not None:
            raise DomainError(
                "event_was_reversed",
                _(
                    "The event %(event)s was posted and then reversed in red; what is right comes "
                    "under a number of its own."
                ),
                event=was_reversed,
            )
        if otherwise is not None:
            raise DomainError(
                "event_posted_otherwise",
                _(
                    "The event %(event)s was posted before with other amounts, parts, area of "
                    "origin, day or book."
                ),
                event=otherwise,
            )
        cursor.execute(
            """
            WITH gone AS (
                DELETE FROM pg_temp.fund_arriving one USING fund_voucher voucher
                WHERE voucher.source_kind = %(event)s AND voucher.source_id = one.source_id
                RETURNING one.source_id
            ) SELECT count(DISTINCT source_id) FROM gone
            """,
            values,
        )
        return int(cursor.fetchone()[0])


def _expect_sound(values: Mapping[str, Any]) -> None:
    """Every part has its place in a rule in force, every amount is above zero."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT one.source_id, one.part, one.voucher_on, one.amount > 0, rule.id IS NOT NULL,
                period.id IS NOT NULL AND period.state = 'OPEN'
            FROM pg_temp.fund_arriving one
            LEFT JOIN fund_postingrule rule ON rule.book_id = %(book)s AND rule.event = %(event)s
                AND rule.state = 'APPROVED' AND rule.period @> one.voucher_on
            LEFT JOIN fund_period period ON period.book_id = %(book)s AND period.month > 0
                AND one.voucher_on BETWEEN period.first_day AND period.last_day
            WHERE one.amount <= 0 OR rule.id IS NULL OR period.id IS NULL
               OR period.state <> 'OPEN'
               OR NOT EXISTS (SELECT FROM fund_postingruleline line
                    WHERE line.rule_id = rule.id AND line.part = one.part)
            ORDER BY one.source_id LIMIT 1
            """,
            values,
        )
        found = cursor.fetchone()
    if found is None:
        return
    source, part, day, is_above_zero, has_rule, has_period = found
    facts = {"event": source, "part": part, "day": day.isoformat(), "kind": values["event"]}
    if not has_rule:
        raise DomainError(
            "no_posting_rule",
            _("No approved posting rule says for %(day)s where %(kind)s goes."),
            **facts,
        )
    if not has_period:
        raise DomainError(
            "period_closed",
            _("The event %(event)s of %(day)s has no open accounting period."),
            **facts,
        )
    if not is_above_zero:
        raise DomainError(
            "event_amount_above_zero",
            _("The event %(event)s has an amount that is not above zero (%(part)s)."),
            **facts,
        )
    raise DomainError(
        "event_part_unknown",
        _("The posting rule of %(kind)s has no place for %(part)s (event %(event)s)."),
        **facts,
    )


def _expect_all_made(made: int) -> None:
    """No event that arrived is without its voucher: a rule may name one side of a part alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT source_id) FROM pg_temp.fund_arriving")
        if cursor.fetchone()[0] != made:
            raise DomainError(
                "posting_rule_is_one_sided",
                _("A part of the posting rule has no debit or no credit; mend the rule first."),
            )


_VOUCHERS: Final = """
    WITH event AS (
        SELECT one.source_id, one.voucher_on, min(one.summary) AS summary,
            rule.id AS rule_id, sum(one.amount) AS total
        FROM pg_temp.fund_arriving one
        JOIN fund_postingrule rule ON rule.book_id = %(book)s AND rule.event = %(event)s
            AND rule.state = 'APPROVED' AND rule.period @> one.voucher_on
        JOIN fund_postingruleline line
            ON line.rule_id = rule.id AND line.part = one.part AND line.side = 'DEBIT'
        GROUP BY one.source_id, one.voucher_on, rule.id
    ), made AS (
        INSERT INTO fund_voucher (book_id, period_id, kind, state, number, voucher_on, summary,
            total, attachments, is_red, source_kind, source_id, rule_id, maker_no, made_by,
            made_at, drafters, checker_no, posted_at)
        SELECT %(book)s, period.id, 'EVENT', 'POSTED',
            period.last_number + row_number() OVER (
                PARTITION BY period.id ORDER BY event.voucher_on, event.source_id),
            event.voucher_on, left(event.summary, 120), event.total, 0, false, %(event)s,
            event.source_id, event.rule_id, '', %(by)s, %(at)s, '{}', '', %(at)s
        FROM event
        JOIN fund_period period ON period.book_id = %(book)s AND period.month > 0
            AND event.voucher_on BETWEEN period.first_day AND period.last_day
        RETURNING total
    )
    SELECT count(*), coalesce(sum(total), 0) FROM made
"""
_ENTRIES: Final = """
    INSERT INTO fund_voucherline (voucher_id, book_id, is_red, line_no, account_id, debit, credit,
        summary, origin_area_id)
    SELECT voucher.id, voucher.book_id, false, line.place, line.account_id,
        CASE line.side WHEN 'DEBIT' THEN one.amount ELSE 0 END,
        CASE line.side WHEN 'CREDIT' THEN one.amount ELSE 0 END,
        left(one.summary, 120), one.origin_area_id
    FROM pg_temp.fund_arriving one
    JOIN fund_voucher voucher
        ON voucher.source_kind = %(event)s AND voucher.source_id = one.source_id
    JOIN fund_postingruleline line ON line.rule_id = voucher.rule_id AND line.part = one.part
    ORDER BY voucher.id, line.place
"""
