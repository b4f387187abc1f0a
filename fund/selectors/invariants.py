"""What always holds of the fund's books, for `manage check_invariants` and the fault tests."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant


@invariant("balances_equal_lines", _("Every balance is the sum of its posted lines."))
def _balances() -> str:
    return """
        SELECT coalesce(balance.account_id, said.account_id) AS account,
            coalesce(balance.period_id, said.period_id) AS period
        FROM fund_balance balance
        FULL JOIN (
            SELECT voucher.period_id, line.account_id, sum(line.debit) AS debit,
                sum(line.credit) AS credit
            FROM fund_voucherline line JOIN fund_voucher voucher ON voucher.id = line.voucher_id
            WHERE voucher.state = 'POSTED' GROUP BY voucher.period_id, line.account_id
        ) said ON said.period_id = balance.period_id AND said.account_id = balance.account_id
        WHERE ROW(balance.debit, balance.credit) IS DISTINCT FROM ROW(said.debit, said.credit)
    """


@invariant("voucher_numbers_without_gap", _("Vouchers of a period are numbered without a gap."))
def _numbers() -> str:
    return """
        SELECT period.id, period.last_number FROM fund_period period
        LEFT JOIN fund_voucher voucher ON voucher.period_id = period.id AND voucher.state = 'POSTED'
        GROUP BY period.id
        HAVING count(voucher.id) <> period.last_number
            OR coalesce(max(voucher.number), 0) <> period.last_number
    """


@invariant("posted_voucher_balances", _("Every posted voucher balances and has two lines."))
def _balanced() -> str:
    return """
        SELECT voucher.id, voucher.number FROM fund_voucher voucher
        LEFT JOIN fund_voucherline line ON line.voucher_id = voucher.id
        WHERE voucher.state = 'POSTED'
        GROUP BY voucher.id
        HAVING count(line.id) < 2 OR sum(line.debit) <> sum(line.credit)
            OR sum(line.debit) <> voucher.total
    """


@invariant("voucher_chain_unbroken", _("Every link of a book's chain follows from its vouchers."))
def _chain() -> str:
    return """
        SELECT posting.id, posting.sequence FROM fund_posting posting
        LEFT JOIN fund_posting before
            ON before.book_id = posting.book_id AND before.sequence = posting.sequence - 1
        WHERE posting.digest IS DISTINCT FROM fund_digest_of_posting(
                coalesce(before.digest, ''), posting.sequence, (
                    SELECT string_agg(one.digest, ''::bytea ORDER BY one.number)
                    FROM fund_vouchers_of_posting(
                        posting.period_id, posting.first_number, posting.last_number) one))
           OR (posting.sequence > 1 AND before.id IS NULL)
    """


@invariant("every_posting_is_in_the_chain", _("Each posted voucher stands in one link."))
def _covered() -> str:
    return """
        SELECT period.id, period.last_number FROM fund_period period
        LEFT JOIN fund_posting posting ON posting.period_id = period.id
        GROUP BY period.id
        HAVING coalesce(sum(posting.last_number - posting.first_number + 1), 0)
            <> period.last_number
        UNION ALL
        SELECT book.id, book.postings FROM fund_book book
        LEFT JOIN fund_posting posting ON posting.book_id = book.id
        GROUP BY book.id HAVING count(posting.id) <> book.postings
    """


@invariant("event_voucher_follows_its_rule", _("Each event is posted once, as its rule says."))
def _events() -> str:
    return """
        SELECT voucher.id, voucher.source_id FROM fund_voucher voucher
        JOIN fund_voucherline line ON line.voucher_id = voucher.id
        LEFT JOIN fund_postingruleline said
            ON said.rule_id = voucher.rule_id AND said.place = line.line_no
            AND said.account_id = line.account_id
            AND (said.side = 'DEBIT') = (line.debit <> 0)
        WHERE voucher.kind = 'EVENT' AND said.id IS NULL
        UNION ALL
        SELECT min(id), source_id FROM fund_voucher WHERE source_kind <> ''
        GROUP BY source_kind, source_id HAVING count(*) > 1
    """


@invariant("posted_voucher_had_two_people", _("Who worked on a voucher did not post it."))
def _two_people() -> str:
    return """
        SELECT voucher.id, voucher.number FROM fund_voucher voucher
        LEFT JOIN core_staff checker ON checker.id = voucher.checker_id
        WHERE voucher.state = 'POSTED' AND voucher.kind <> 'EVENT'
          AND (checker.id IS NULL OR checker.staff_no <> voucher.checker_no
               OR voucher.checker_no = ANY (voucher.drafters)
               OR NOT EXISTS (
                    SELECT FROM core_approvalrequest request
                    WHERE request.kind = 'fund.voucher' AND request.target_id = voucher.id
                      AND request.state = 'APPROVED'
                      AND request.checker_staff_no = voucher.checker_no))
    """
