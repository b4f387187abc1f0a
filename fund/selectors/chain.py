"""A book's posted vouchers as the chain digests them, in order, for verifying and for a file."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

from fund.choices import VoucherState
from fund.models import Book, Posting, Voucher
from fund.rules import chain

_VOUCHERS = """
    SELECT fund.code, period.year, period.month, voucher.number, voucher.voucher_on, voucher.kind,
        voucher.maker_no, voucher.checker_no, voucher.source_kind, voucher.source_id,
        coalesce(voucher.reverses_id::text, ''), voucher.attachments,
        (extract(epoch FROM voucher.posted_at) * 1000000)::bigint, voucher.summary, voucher.id
    FROM fund_voucher voucher
    JOIN fund_period period ON period.id = voucher.period_id
    JOIN fund_book book ON book.id = voucher.book_id
    JOIN fund_fund fund ON fund.id = book.fund_id
    WHERE voucher.period_id = %s AND voucher.number BETWEEN %s AND %s
    ORDER BY voucher.number
"""
_LINES = """
    SELECT line.voucher_id, line.line_no, account.code, line.debit, line.credit,
        coalesce(line.origin_area_id::text, ''), line.summary
    FROM fund_voucherline line JOIN fund_account account ON account.id = line.account_id
    WHERE line.voucher_id = ANY (%s) ORDER BY line.voucher_id, line.line_no
"""
#: Vouchers read at a time.
PIECE = 5_000

Said = tuple[dict[str, Any], list[dict[str, Any]]]


def said_by(posting: Posting) -> Iterator[Said]:
    """The posting's vouchers with their lines, in the order of their numbers."""
    for first in range(posting.first_number, posting.last_number + 1, PIECE):
        last = min(first + PIECE - 1, posting.last_number)
        with connection.cursor() as cursor:
            cursor.execute(_VOUCHERS, [posting.period_id, first, last])
            heads = cursor.fetchall()
            cursor.execute(_LINES, [[head[-1] for head in heads]])
            lines: dict[int, list[dict[str, Any]]] = {}
            for number, *values in cursor.fetchall():
                lines.setdefault(number, []).append(
                    dict(zip(chain.LINE, _plain(values), strict=True))
                )
        for *values, number in heads:
            yield dict(zip(chain.HEAD, _plain(values), strict=True)), lines.get(number, [])


def _plain(values: list[Any]) -> list[Any]:
    """Values as JSON keeps them: amounts and days as text."""
    return [value if isinstance(value, int | str) else str(value) for value in values]


def postings_of(book: Book) -> Iterator[Posting]:
    """The book's links in their order."""
    return Posting.objects.filter(book=book).order_by("sequence").iterator(chunk_size=2000)


def verified(book: Book) -> chain.Chain:
    """The book's chain, computed anew from its vouchers outside the database.

    It reaches as far as the book counts links and has posted vouchers: a chain whose end was cut
    off is broken there. What is posted meanwhile only makes it longer.
    """
    links = Book.objects.values_list("postings", flat=True).get(pk=book.pk)
    vouchers = Voucher.objects.filter(book=book, state=VoucherState.POSTED).count()
    found = chain.Chain()
    for posting in postings_of(book):
        for head, lines in said_by(posting):
            found.voucher(head, lines)
        found.posting(posting.sequence, posting.digest)
    found.end()
    if found.links < links or found.vouchers < vouchers:
        found.broken.append(found.links + 1)
    return found


def written(book: Book) -> Iterator[str]:
    """The lines of a file that anybody verifies with `python3 fund/rules/chain.py`."""
    for posting in postings_of(book):
        for head, lines in said_by(posting):
            yield json.dumps({"voucher": head, "lines": lines}, ensure_ascii=False) + "\n"
        yield json.dumps({"posting": posting.sequence, "digest": posting.digest}) + "\n"
