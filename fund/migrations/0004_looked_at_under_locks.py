"""Guards look under a lock; periods are months; an event's lines are its rule's.

A guard that looks at a voucher without a lock sees it as it was: whoever submits, approves and seals
it in between sees the lines as they were. So lines take their voucher (and lines of a rule their
rule) before the look, which is then a look at what stands.
"""

from django.db import migrations

from bureau.core import standing

LOCKS = """
CREATE OR REPLACE FUNCTION fund_expect_open_vouchers(wanted bigint[]) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM fund_voucher voucher
    WHERE voucher.id = ANY (wanted) AND voucher.state = 'DRAFT' ORDER BY voucher.id FOR SHARE;
    IF EXISTS (
        SELECT FROM fund_voucher voucher WHERE voucher.id = ANY (wanted)
        AND voucher.state <> 'DRAFT'
    ) THEN
        RAISE EXCEPTION 'a line of a voucher that is no draft'
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_lines_stand';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION fund_lines_inserted() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    refused text;
    lowest bigint;
    highest bigint;
BEGIN
    SELECT min(voucher_id), max(voucher_id) INTO lowest, highest FROM new_lines;
    -- Many at once are posted already, by this transaction: they need no lock, and pay for none.
    IF EXISTS (
        SELECT FROM fund_voucher WHERE id BETWEEN lowest AND highest AND state = 'DRAFT'
    ) THEN
        PERFORM FROM fund_voucher voucher
        WHERE voucher.id IN (SELECT voucher_id FROM new_lines) AND voucher.state = 'DRAFT'
        ORDER BY voucher.id FOR SHARE;
    END IF;
    SELECT min(CASE WHEN period.state = 'CLOSED' THEN 'period_closed' ELSE 'voucher_lines_stand' END)
    INTO refused
    FROM (SELECT DISTINCT voucher_id FROM new_lines) one
    JOIN fund_voucher voucher ON voucher.id = one.voucher_id
    JOIN fund_period period ON period.id = voucher.period_id
    WHERE period.state = 'CLOSED' OR voucher.state = 'SUBMITTED'
       -- A posting that is not sealed is this transaction's own: all others are sealed.
       OR voucher.state = 'POSTED' AND NOT EXISTS (
            SELECT FROM fund_posting posting
            WHERE posting.period_id = voucher.period_id AND posting.digest = ''
              AND voucher.number BETWEEN posting.first_number AND posting.last_number);
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a line that comes too late'
            USING ERRCODE = '23514', CONSTRAINT = refused;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION fund_rule_lines_stand() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    wanted bigint[] := ARRAY [
        CASE TG_OP WHEN 'DELETE' THEN OLD.rule_id ELSE NEW.rule_id END,
        CASE TG_OP WHEN 'INSERT' THEN NEW.rule_id ELSE OLD.rule_id END];
BEGIN
    PERFORM FROM fund_postingrule rule WHERE rule.id = ANY (wanted) ORDER BY rule.id FOR SHARE;
    IF EXISTS (SELECT FROM fund_postingrule WHERE id = ANY (wanted) AND state <> 'DRAFT') THEN
        RAISE EXCEPTION 'lines of a rule that is no draft'
            USING ERRCODE = '23514', CONSTRAINT = 'posting_rule_stands';
    END IF;
    RETURN NULL;
END $$;
"""

# ---- A period is its month; days belong to one period; the portal opens none.

PERIODS = """
ALTER TABLE fund_period
    ADD CONSTRAINT period_days_are_its_month CHECK (
        CASE WHEN month BETWEEN 1 AND 12 AND year > 0
        THEN first_day = make_date(year, month, 1)
            AND last_day = (make_date(year, month, 1) + interval '1 month - 1 day')::date
        ELSE month NOT BETWEEN 1 AND 12 END),
    ADD CONSTRAINT period_days_once_per_book EXCLUDE USING gist (
        book_id WITH =, daterange(first_day, last_day, '[]') WITH &&) WHERE (month > 0);
CREATE UNIQUE INDEX period_opening_once_per_book ON fund_period (book_id) WHERE month = 0;
""" + standing.refuse(
    "fund_period", "opened_by_the_operator", "INSERT", standing.BY_PORTAL,
    "period_opened_by_the_operator",
)  # fmt: skip
FORGET_PERIODS = standing.drop("fund_period", "opened_by_the_operator") + """
DROP INDEX period_opening_once_per_book;
ALTER TABLE fund_period
    DROP CONSTRAINT period_days_once_per_book,
    DROP CONSTRAINT period_days_are_its_month;
"""

# ---- An event is posted as its rule says: place, account and side, each part on both sides.

EVENTS = """
ALTER TABLE fund_voucher ADD CONSTRAINT voucher_of_an_event_is_black
    CHECK (NOT (kind = 'EVENT' AND is_red));

CREATE OR REPLACE FUNCTION fund_seal_posting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    before text;
    said bytea;
    unsound int;
BEGIN
    SELECT min(one.number) FILTER (WHERE one.is_sound IS NOT TRUE),
        string_agg(one.digest, ''::bytea ORDER BY one.number)
    INTO unsound, said
    FROM fund_vouchers_of_posting(NEW.period_id, NEW.first_number, NEW.last_number) one;
    IF unsound IS NOT NULL THEN
        RAISE EXCEPTION 'voucher % of period % does not balance', unsound, NEW.period_id
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_balances';
    END IF;
    SELECT min(one.number) INTO unsound
    FROM (
        SELECT voucher.number
        FROM fund_voucher voucher
        JOIN fund_voucherline line ON line.voucher_id = voucher.id
        LEFT JOIN fund_postingruleline rule
            ON rule.rule_id = voucher.rule_id AND rule.place = line.line_no
        WHERE voucher.period_id = NEW.period_id AND voucher.kind = 'EVENT'
          AND voucher.number BETWEEN NEW.first_number AND NEW.last_number
        GROUP BY voucher.number, rule.part
        HAVING NOT bool_and((
                rule.account_id = line.account_id AND (rule.side = 'DEBIT') = (line.debit <> 0)
            ) IS TRUE)
            OR sum(line.debit) <> sum(line.credit)
    ) one;
    IF unsound IS NOT NULL THEN
        RAISE EXCEPTION 'voucher % of period % is not as its rule says', unsound, NEW.period_id
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_of_an_event_follows_its_rule';
    END IF;
    PERFORM fund_expect_mirrors(NEW.period_id, NEW.first_number, NEW.last_number);
    INSERT INTO fund_balance AS balance (period_id, account_id, debit, credit)
    SELECT NEW.period_id, line.account_id, sum(line.debit), sum(line.credit)
    FROM fund_voucher voucher JOIN fund_voucherline line ON line.voucher_id = voucher.id
    WHERE voucher.period_id = NEW.period_id
      AND voucher.number BETWEEN NEW.first_number AND NEW.last_number
    GROUP BY line.account_id ORDER BY line.account_id
    ON CONFLICT (period_id, account_id) DO UPDATE
    SET debit = balance.debit + excluded.debit, credit = balance.credit + excluded.credit;
    SELECT digest INTO before FROM fund_posting
    WHERE book_id = NEW.book_id AND sequence = NEW.sequence - 1;
    IF NEW.sequence > 1 AND coalesce(before, '') = '' THEN
        RAISE EXCEPTION 'the link before % is not sealed', NEW.sequence
            USING ERRCODE = '23514', CONSTRAINT = 'posting_follows_a_sealed_one';
    END IF;
    UPDATE fund_posting
    SET digest = fund_digest_of_posting(coalesce(before, ''), NEW.sequence, said)
    WHERE id = NEW.id;
    RETURN NULL;
END $$;
"""
FORGET_EVENTS = "ALTER TABLE fund_voucher DROP CONSTRAINT voucher_of_an_event_is_black;"

# ---- What is before the second person stands: a rule's facts, and the amount that was asked for.

ASKED = standing.refuse(
    "fund_postingrule", "submitted_stands", "UPDATE",
    "OLD.state = 'SUBMITTED' AND ROW(OLD.book_id, OLD.event, OLD.title, OLD.title_en, OLD.period,"
    " OLD.source, OLD.certainty, OLD.drafters) IS DISTINCT FROM ROW(NEW.book_id, NEW.event,"
    " NEW.title, NEW.title_en, NEW.period, NEW.source, NEW.certainty, NEW.drafters)",
    "posting_rule_stands",
)  # fmt: skip
FORGET_ASKED = standing.drop("fund_postingrule", "submitted_stands")

# ---- An account that has lines keeps its name: printed vouchers show it.

NAMES = """
CREATE FUNCTION fund_account_keeps_its_name() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM fund_voucherline WHERE account_id = NEW.id) THEN
        RAISE EXCEPTION 'account % has lines', NEW.code
            USING ERRCODE = '23514', CONSTRAINT = 'account_with_lines_keeps_its_name';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keeps_its_name BEFORE UPDATE ON fund_account FOR EACH ROW
WHEN (ROW(OLD.name, OLD.name_en) IS DISTINCT FROM ROW(NEW.name, NEW.name_en))
EXECUTE FUNCTION fund_account_keeps_its_name();
"""
FORGET_NAMES = """
DROP TRIGGER keeps_its_name ON fund_account;
DROP FUNCTION fund_account_keeps_its_name;
"""


class Migration(migrations.Migration):
    dependencies = [("fund", "0003_lines_are_looked_at_together")]

    operations = [
        # Functions that look better stay when the rest is taken back.
        migrations.RunSQL(LOCKS, migrations.RunSQL.noop),
        migrations.RunSQL(PERIODS, FORGET_PERIODS),
        migrations.RunSQL(EVENTS, FORGET_EVENTS),
        migrations.RunSQL(ASKED, FORGET_ASKED),
        migrations.RunSQL(NAMES, FORGET_NAMES),
    ]
