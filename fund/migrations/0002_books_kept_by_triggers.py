"""What the books promise is kept by PostgreSQL, whoever writes and by whatever way.

Posted vouchers stand; numbers have no gap; what is posted balances; closed periods take nothing;
each posting is a link of its book's chain. Guards of lines are statement triggers with transition
tables, so that a million lines pay for one look, not for a million.

The functions that write what nobody else may (balances, postings, last numbers) run with the rights
of their owner; names in them are looked up in the portal's own tables alone.
"""

from django.db import migrations

from bureau.core import standing

# ---- Same book, leaf account, same colour: keys of several columns.

KEYS = """
ALTER TABLE fund_period ADD CONSTRAINT period_of_its_book UNIQUE (id, book_id);
ALTER TABLE fund_account ADD CONSTRAINT account_of_its_book UNIQUE (id, book_id);
ALTER TABLE fund_account ADD CONSTRAINT account_leaf_of_its_book UNIQUE (id, book_id, is_leaf);
ALTER TABLE fund_account ADD CONSTRAINT account_parent_in_the_same_book
    FOREIGN KEY (parent_id, book_id) REFERENCES fund_account (id, book_id);

ALTER TABLE fund_postingrule ADD CONSTRAINT posting_rule_of_its_book UNIQUE (id, book_id);
ALTER TABLE fund_postingruleline
    ADD COLUMN names_leaf boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    ADD CONSTRAINT posting_rule_line_in_the_same_book
        FOREIGN KEY (rule_id, book_id) REFERENCES fund_postingrule (id, book_id),
    ADD CONSTRAINT posting_rule_line_names_a_leaf
        FOREIGN KEY (account_id, book_id, names_leaf)
        REFERENCES fund_account (id, book_id, is_leaf);

ALTER TABLE fund_voucher ADD CONSTRAINT voucher_of_its_book UNIQUE (id, book_id, is_red);
ALTER TABLE fund_voucher
    ADD COLUMN reverses_red boolean NOT NULL GENERATED ALWAYS AS (false) STORED,
    ADD CONSTRAINT voucher_period_in_the_same_book
        FOREIGN KEY (period_id, book_id) REFERENCES fund_period (id, book_id),
    ADD CONSTRAINT voucher_rule_in_the_same_book
        FOREIGN KEY (rule_id, book_id) REFERENCES fund_postingrule (id, book_id),
    ADD CONSTRAINT voucher_reverses_one_of_the_same_book
        FOREIGN KEY (reverses_id, book_id, reverses_red)
        REFERENCES fund_voucher (id, book_id, is_red);

ALTER TABLE fund_voucherline
    ADD COLUMN names_leaf boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    ADD CONSTRAINT voucher_line_of_its_voucher
        FOREIGN KEY (voucher_id, book_id, is_red) REFERENCES fund_voucher (id, book_id, is_red),
    ADD CONSTRAINT voucher_line_names_a_leaf
        FOREIGN KEY (account_id, book_id, names_leaf)
        REFERENCES fund_account (id, book_id, is_leaf);
"""
FORGET_KEYS = """
ALTER TABLE fund_voucherline
    DROP CONSTRAINT voucher_line_names_a_leaf,
    DROP CONSTRAINT voucher_line_of_its_voucher,
    DROP COLUMN names_leaf;
ALTER TABLE fund_voucher
    DROP CONSTRAINT voucher_reverses_one_of_the_same_book,
    DROP CONSTRAINT voucher_rule_in_the_same_book,
    DROP CONSTRAINT voucher_period_in_the_same_book,
    DROP COLUMN reverses_red;
ALTER TABLE fund_voucher DROP CONSTRAINT voucher_of_its_book;
ALTER TABLE fund_postingruleline
    DROP CONSTRAINT posting_rule_line_names_a_leaf,
    DROP CONSTRAINT posting_rule_line_in_the_same_book,
    DROP COLUMN names_leaf;
ALTER TABLE fund_postingrule DROP CONSTRAINT posting_rule_of_its_book;
ALTER TABLE fund_account DROP CONSTRAINT account_parent_in_the_same_book;
ALTER TABLE fund_account DROP CONSTRAINT account_leaf_of_its_book;
ALTER TABLE fund_account DROP CONSTRAINT account_of_its_book;
ALTER TABLE fund_period DROP CONSTRAINT period_of_its_book;
"""

# ---- The chart of accounts.

ACCOUNTS = (
    """
CREATE FUNCTION fund_account_hangs_on_its_parent() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM fund_account parent
        WHERE parent.id = NEW.parent_id AND parent.level = NEW.level - 1
          AND parent.account_class = NEW.account_class
          AND starts_with(NEW.code, parent.code) AND NEW.code <> parent.code
    ) THEN
        RAISE EXCEPTION 'account % does not hang on its parent', NEW.code
            USING ERRCODE = '23514', CONSTRAINT = 'account_hangs_on_its_parent';
    END IF;
    -- A parent with lines refuses this by the foreign key of its lines.
    UPDATE fund_account SET is_leaf = false WHERE id = NEW.parent_id AND is_leaf;
    RETURN NULL;
END $$;
"""
    + standing.trigger(
        "fund_account", "hangs_on_its_parent", "INSERT", "NEW.parent_id IS NOT NULL",
        "fund_account_hangs_on_its_parent()", after=True,
    )
    + standing.born("fund_account", "account_stands", "NEW.is_leaf")
    + standing.fixed(
        "fund_account", "account_stands",
        ("id", "book_id", "code", "parent_id", "level", "account_class", "side"),
    )
    + standing.refuse(
        "fund_account", "stays_a_parent", "UPDATE", "NEW.is_leaf AND NOT OLD.is_leaf",
        "account_stands",
    )
    + standing.fixed("fund_fund", "fund_stands", ("id", "code", "kind", "area_id"))
    + standing.fixed("fund_book", "book_stands", ("id", "fund_id", "opened_by", "opened_at"))
    + standing.born("fund_book", "book_stands", "NEW.postings = 0")
)  # fmt: skip
FORGET_ACCOUNTS = (
    standing.drop("fund_book", "begins_plainly", "stands_as_made")
    + standing.drop("fund_fund", "stands_as_made")
    + standing.drop(
        "fund_account", "stays_a_parent", "stands_as_made", "begins_plainly", "hangs_on_its_parent"
    )
    + "DROP FUNCTION fund_account_hangs_on_its_parent;"
)

# ---- Periods.

PERIODS = (
    standing.fixed(
        "fund_period", "period_stands", ("id", "book_id", "year", "month", "first_day", "last_day")
    )
    + standing.born("fund_period", "period_stands", "NEW.state = 'OPEN' AND NEW.last_number = 0")
    + standing.refuse(
        "fund_period", "closed_stays", "UPDATE OR DELETE", "OLD.state = 'CLOSED'", "period_closed"
    )
    + standing.asked(
        "fund_period", "period_close_needs_its_approval", ("fund.period_close",), "CLOSED",
        before="OPEN", at="closed_at",
    )
)  # fmt: skip
FORGET_PERIODS = standing.drop(
    "fund_period", "needs_second_person", "closed_stays", "begins_plainly", "stands_as_made"
)

# ---- Vouchers: who may change what, one row at a time.

CONTENT = ("period_id", "voucher_on", "summary", "total", "attachments", "drafters")
VOUCHERS = (
    standing.born(
        "fund_voucher",
        "voucher_begins_as_a_draft",
        "NEW.state = 'DRAFT' AND NEW.kind <> 'EVENT'"
        " OR NEW.state = 'POSTED' AND NEW.kind = 'EVENT'",
    )
    + standing.refuse(
        "fund_voucher", "a_posted_one_stands", "UPDATE", "OLD.state = 'POSTED'", "voucher_posted_stands"
    )
    + standing.refuse(
        "fund_voucher", "is_removed_as_draft", "DELETE", "OLD.state <> 'DRAFT'",
        "voucher_posted_stands",
    )
    + standing.fixed(
        "fund_voucher", "voucher_stands",
        (
            "id", "book_id", "kind", "is_red", "reverses_id", "source_kind", "source_id", "rule_id",
            "maker_id", "maker_no", "made_by", "made_at",
        ),
    )
    + standing.refuse(
        "fund_voucher", "submitted_stands", "UPDATE",
        "OLD.state = 'SUBMITTED' AND ROW({}) IS DISTINCT FROM ROW({})".format(
            *(", ".join(f"{row}.{column}" for column in CONTENT) for row in ("OLD", "NEW"))
        ),
        "voucher_submitted_stands",
    )
    + standing.refuse(
        "fund_voucher", "drafters_grow", "UPDATE", "NOT NEW.drafters @> OLD.drafters",
        "voucher_stands",
    )
    + standing.forward(
        "fund_voucher", "voucher_stands",
        (("DRAFT", "SUBMITTED"), ("SUBMITTED", "DRAFT"), ("SUBMITTED", "POSTED")),
    )
    + standing.names("fund_voucher", "named_by_own_number", "maker_id", "maker_no")
    + standing.names("fund_voucher", "named_by_own_number", "checker_id", "checker_no")
    + standing.asked(
        "fund_voucher", "voucher_needs_its_approval", ("fund.voucher",), "POSTED",
        before="SUBMITTED", number="checker_no", at="posted_at",
    )
)  # fmt: skip
FORGET_VOUCHERS = standing.drop(
    "fund_voucher",
    "needs_second_person", "names_checker_id", "names_maker_id", "goes_forward", "drafters_grow",
    "submitted_stands", "stands_as_made", "is_removed_as_draft", "a_posted_one_stands",
    "begins_plainly",
)  # fmt: skip

# ---- Vouchers: what one statement posts.

POSTING = """
CREATE FUNCTION fund_post(wanted bigint, of_book bigint, vouchers bigint, lowest int, highest int)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    last int;
    link int;
BEGIN
    -- The row of the period puts everybody who posts in it in one order, and closing as well.
    UPDATE fund_period SET last_number = last_number + vouchers
    WHERE id = wanted AND state = 'OPEN' RETURNING last_number INTO last;
    IF last IS NULL THEN
        RAISE EXCEPTION 'period % takes nothing more', wanted
            USING ERRCODE = '23514', CONSTRAINT = 'period_closed';
    END IF;
    -- Numbers are unique in the period, so these three say that there is no gap.
    IF highest IS DISTINCT FROM last OR lowest IS DISTINCT FROM last - vouchers + 1 THEN
        RAISE EXCEPTION 'numbers % to % of period % do not follow %',
            lowest, highest, wanted, last - vouchers
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_numbers_have_no_gap';
    END IF;
    UPDATE fund_book SET postings = postings + 1 WHERE id = of_book RETURNING postings INTO link;
    INSERT INTO fund_posting (book_id, period_id, sequence, first_number, last_number, digest)
    VALUES (of_book, wanted, link, lowest, highest, '');
END $$;

-- A posted row cannot be updated, so whatever is posted in the new rows was posted by this statement.
CREATE FUNCTION fund_vouchers_written() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    part record;
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT period_id FROM new_vouchers) one
        JOIN fund_period period ON period.id = one.period_id WHERE period.state = 'CLOSED'
    ) THEN
        RAISE EXCEPTION 'a voucher for a closed period'
            USING ERRCODE = '23514', CONSTRAINT = 'period_closed';
    END IF;
    IF EXISTS (
        SELECT FROM new_vouchers one JOIN fund_period period ON period.id = one.period_id
        WHERE one.state = 'POSTED' AND (
            one.voucher_on NOT BETWEEN period.first_day AND period.last_day
            OR (one.kind = 'OPENING') <> (period.month = 0)
        )
    ) THEN
        RAISE EXCEPTION 'a voucher of another day than its period''s'
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_day_in_its_period';
    END IF;
    IF EXISTS (
        SELECT FROM new_vouchers one
        LEFT JOIN fund_postingrule rule ON rule.id = one.rule_id
        WHERE one.kind = 'EVENT' AND (
            rule.state = 'APPROVED' AND rule.period @> one.voucher_on
            AND rule.event = one.source_kind
        ) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'an event without a rule in force'
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_of_an_event_has_its_rule';
    END IF;
    FOR part IN
        SELECT book_id, period_id, count(*) AS vouchers, min(number) AS lowest,
            max(number) AS highest
        FROM new_vouchers WHERE state = 'POSTED'
        GROUP BY book_id, period_id ORDER BY book_id, period_id
    LOOP
        PERFORM fund_post(
            part.period_id, part.book_id, part.vouchers, part.lowest, part.highest
        );
    END LOOP;
    RETURN NULL;
END $$;

-- Who may make temporary tables must not hang this on one of his own.
REVOKE EXECUTE ON FUNCTION fund_vouchers_written() FROM PUBLIC;

CREATE TRIGGER vouchers_inserted AFTER INSERT ON fund_voucher
REFERENCING NEW TABLE AS new_vouchers FOR EACH STATEMENT EXECUTE FUNCTION fund_vouchers_written();
CREATE TRIGGER vouchers_updated AFTER UPDATE ON fund_voucher
REFERENCING NEW TABLE AS new_vouchers FOR EACH STATEMENT EXECUTE FUNCTION fund_vouchers_written();

-- What is reversed was posted, and stands in black (its key keeps the colour).
CREATE FUNCTION fund_expect_posted() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM fund_voucher WHERE id = NEW.reverses_id AND state = 'POSTED') THEN
        RAISE EXCEPTION 'voucher % is not posted', NEW.reverses_id
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_reverses_a_posted_one';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reverses_posted AFTER INSERT ON fund_voucher FOR EACH ROW
WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION fund_expect_posted();
"""
FORGET_POSTING = """
DROP TRIGGER reverses_posted ON fund_voucher;
DROP FUNCTION fund_expect_posted;
DROP TRIGGER vouchers_updated ON fund_voucher;
DROP TRIGGER vouchers_inserted ON fund_voucher;
DROP FUNCTION fund_vouchers_written;
DROP FUNCTION fund_post;
"""

# ---- Lines: they come and go with a draft; a posted voucher takes them in its own transaction.

LINES = """
CREATE FUNCTION fund_expect_open_vouchers(wanted bigint[]) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fund_voucher voucher WHERE voucher.id = ANY (wanted)
        AND voucher.state <> 'DRAFT'
    ) THEN
        RAISE EXCEPTION 'a line of a voucher that is no draft'
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_lines_stand';
    END IF;
END $$;

CREATE FUNCTION fund_lines_inserted() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    refused text;
BEGIN
    SELECT CASE WHEN period.state = 'CLOSED' THEN 'period_closed' ELSE 'voucher_lines_stand' END
    INTO refused
    FROM (SELECT DISTINCT voucher_id FROM new_lines) one
    JOIN fund_voucher voucher ON voucher.id = one.voucher_id
    JOIN fund_period period ON period.id = voucher.period_id
    WHERE period.state = 'CLOSED' OR voucher.state = 'SUBMITTED'
       -- A posting that is not sealed is this transaction's own: all others are sealed.
       OR voucher.state = 'POSTED' AND NOT EXISTS (
            SELECT FROM fund_posting posting
            WHERE posting.period_id = voucher.period_id AND posting.digest = ''
              AND voucher.number BETWEEN posting.first_number AND posting.last_number)
    LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a line that comes too late'
            USING ERRCODE = '23514', CONSTRAINT = refused;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION fund_lines_changed() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM fund_expect_open_vouchers(ARRAY (SELECT DISTINCT voucher_id FROM old_lines));
    IF TG_OP = 'UPDATE' THEN
        PERFORM fund_expect_open_vouchers(ARRAY (SELECT DISTINCT voucher_id FROM new_lines));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER lines_inserted AFTER INSERT ON fund_voucherline
REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION fund_lines_inserted();
CREATE TRIGGER lines_updated AFTER UPDATE ON fund_voucherline
REFERENCING OLD TABLE AS old_lines NEW TABLE AS new_lines
FOR EACH STATEMENT EXECUTE FUNCTION fund_lines_changed();
CREATE TRIGGER lines_deleted AFTER DELETE ON fund_voucherline
REFERENCING OLD TABLE AS old_lines FOR EACH STATEMENT EXECUTE FUNCTION fund_lines_changed();
"""
FORGET_LINES = """
DROP TRIGGER lines_deleted ON fund_voucherline;
DROP TRIGGER lines_updated ON fund_voucherline;
DROP TRIGGER lines_inserted ON fund_voucherline;
DROP FUNCTION fund_lines_changed;
DROP FUNCTION fund_lines_inserted;
DROP FUNCTION fund_expect_open_vouchers;
"""

# ---- Sealing: at the end of the transaction, one look at all vouchers of a posting.

SEAL = """
-- The vouchers of a posting, each with what its lines come to and the digest of all it says. The
-- text is described in fund/rules/chain.py, which computes the same without the database.
CREATE FUNCTION fund_vouchers_of_posting(of_period bigint, lowest int, highest int)
RETURNS TABLE (voucher_id bigint, number int, is_sound boolean, digest bytea)
LANGUAGE sql STABLE
SET search_path = public, pg_temp SET datestyle = 'ISO, YMD' AS $$
    SELECT voucher.id, voucher.number,
        count(line.id) >= 2
            AND sum(line.debit) = sum(line.credit) AND sum(line.debit) = voucher.total,
        sha256(convert_to(
            concat_ws('|', fund.code, period.year, period.month, voucher.number,
                voucher.voucher_on, voucher.kind, voucher.maker_no, voucher.checker_no,
                voucher.source_kind, voucher.source_id, coalesce(voucher.reverses_id::text, ''),
                voucher.attachments, (extract(epoch FROM voucher.posted_at) * 1000000)::bigint,
                voucher.summary)
            || E'\\n' || coalesce(string_agg(
                concat_ws('|', line.line_no, account.code, line.debit, line.credit,
                    coalesce(line.origin_area_id::text, ''), line.summary),
                E'\\n' ORDER BY line.line_no), ''),
            'UTF8'))
    FROM fund_voucher voucher
    JOIN fund_period period ON period.id = voucher.period_id
    JOIN fund_book book ON book.id = voucher.book_id
    JOIN fund_fund fund ON fund.id = book.fund_id
    LEFT JOIN fund_voucherline line ON line.voucher_id = voucher.id
    LEFT JOIN fund_account account ON account.id = line.account_id
    WHERE voucher.period_id = of_period AND voucher.number BETWEEN lowest AND highest
    GROUP BY voucher.id, period.id, fund.id
$$;

CREATE FUNCTION fund_digest_of_posting(before text, link int, vouchers bytea) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(before || '|' || link || '|', 'UTF8') || vouchers), 'hex')
$$;

CREATE FUNCTION fund_seal_posting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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

-- A voucher in red says line by line what it reverses, with the other sign.
CREATE FUNCTION fund_expect_mirrors(of_period bigint, lowest int, highest int) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fund_voucher red
        WHERE red.period_id = of_period AND red.number BETWEEN lowest AND highest AND red.is_red
          AND EXISTS (
            SELECT FROM (
                SELECT line_no, account_id, debit, credit, origin_area_id
                FROM fund_voucherline WHERE voucher_id = red.id
            ) mirror FULL JOIN (
                SELECT line_no, account_id, debit, credit, origin_area_id
                FROM fund_voucherline WHERE voucher_id = red.reverses_id
            ) line USING (line_no)
            WHERE (mirror.account_id, -mirror.debit, -mirror.credit, mirror.origin_area_id)
                IS DISTINCT FROM (line.account_id, line.debit, line.credit, line.origin_area_id)
          )
    ) THEN
        RAISE EXCEPTION 'a voucher in red that does not mirror what it reverses'
            USING ERRCODE = '23514', CONSTRAINT = 'voucher_in_red_mirrors';
    END IF;
END $$;

REVOKE EXECUTE ON FUNCTION fund_seal_posting() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER fund_posting_is_sealed AFTER INSERT ON fund_posting
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fund_seal_posting();
"""
FORGET_SEAL = """
DROP TRIGGER fund_posting_is_sealed ON fund_posting;
DROP FUNCTION fund_seal_posting;
DROP FUNCTION fund_expect_mirrors;
DROP FUNCTION fund_digest_of_posting;
DROP FUNCTION fund_vouchers_of_posting;
"""

POSTINGS = (
    standing.fixed(
        "fund_posting", "posting_stands",
        ("id", "book_id", "period_id", "sequence", "first_number", "last_number"),
    )
    + standing.once("fund_posting", "posting_stands", ("digest",))
    + standing.born("fund_posting", "posting_stands", "NEW.digest = ''")
    + standing.refuse("fund_posting", "is_kept", "DELETE", "true", "posting_stands")
)  # fmt: skip
FORGET_POSTINGS = standing.drop(
    "fund_posting", "is_kept", "begins_plainly", "stands_once_written", "stands_as_made"
)

# ---- Rules: approved ones stand; one that is followed by another ends.

RULES = (
    standing.born("fund_postingrule", "posting_rule_stands", "NEW.state = 'DRAFT'")
    + standing.refuse(
        "fund_postingrule", "approved_stands", "UPDATE",
        "OLD.state = 'APPROVED' AND (ROW(OLD.book_id, OLD.event, OLD.title, OLD.source, OLD.state,"
        " OLD.drafters, OLD.approved_by_id, OLD.approved_by_no, OLD.approved_at,"
        " lower(OLD.period)) IS DISTINCT FROM ROW(NEW.book_id, NEW.event, NEW.title, NEW.source,"
        " NEW.state, NEW.drafters, NEW.approved_by_id, NEW.approved_by_no, NEW.approved_at,"
        " lower(NEW.period)) OR NOT OLD.period @> NEW.period)",
        "posting_rule_stands",
    )
    + standing.refuse(
        "fund_postingrule", "is_kept", "DELETE", "OLD.state <> 'DRAFT'", "posting_rule_stands"
    )
    + standing.refuse(
        "fund_postingrule", "drafters_grow", "UPDATE", "NOT NEW.drafters @> OLD.drafters",
        "posting_rule_stands",
    )
    + standing.forward(
        "fund_postingrule", "posting_rule_stands",
        (("DRAFT", "SUBMITTED"), ("SUBMITTED", "DRAFT"), ("SUBMITTED", "APPROVED")),
    )
    + standing.names(
        "fund_postingrule", "named_by_own_number", "approved_by_id", "approved_by_no"
    )
    + standing.asked(
        "fund_postingrule", "posting_rule_needs_its_approval", ("fund.posting_rule",), "APPROVED",
        before="SUBMITTED", number="approved_by_no", at="approved_at",
    )
    + """
CREATE FUNCTION fund_rule_lines_stand() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fund_postingrule
        WHERE state <> 'DRAFT'
          AND id IN (CASE TG_OP WHEN 'DELETE' THEN OLD.rule_id ELSE NEW.rule_id END,
                     CASE TG_OP WHEN 'INSERT' THEN NEW.rule_id ELSE OLD.rule_id END)
    ) THEN
        RAISE EXCEPTION 'lines of a rule that is no draft'
            USING ERRCODE = '23514', CONSTRAINT = 'posting_rule_stands';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lines_stand AFTER INSERT OR UPDATE OR DELETE ON fund_postingruleline
FOR EACH ROW EXECUTE FUNCTION fund_rule_lines_stand();
"""
)  # fmt: skip
FORGET_RULES = (
    """
DROP TRIGGER lines_stand ON fund_postingruleline;
DROP FUNCTION fund_rule_lines_stand;
"""
    + standing.drop(
        "fund_postingrule",
        "needs_second_person", "names_approved_by_id", "goes_forward", "drafters_grow", "is_kept",
        "approved_stands", "begins_plainly",
    )
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("fund", "0001_books_and_vouchers")]

    operations = [
        migrations.RunSQL(KEYS, FORGET_KEYS),
        migrations.RunSQL(ACCOUNTS, FORGET_ACCOUNTS),
        migrations.RunSQL(PERIODS, FORGET_PERIODS),
        migrations.RunSQL(VOUCHERS, FORGET_VOUCHERS),
        migrations.RunSQL(POSTING, FORGET_POSTING),
        migrations.RunSQL(LINES, FORGET_LINES),
        migrations.RunSQL(SEAL, FORGET_SEAL),
        migrations.RunSQL(POSTINGS, FORGET_POSTINGS),
        migrations.RunSQL(RULES, FORGET_RULES),
    ]
