"""The guard of lines looks at all lines of a statement together, however many there are.

Asked for one late line only (LIMIT), the planner expects to find it soon and compares every line
with every voucher; asked for a summary of all, it joins them once.
"""

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION fund_lines_inserted() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    refused text;
BEGIN
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
"""


class Migration(migrations.Migration):
    dependencies = [("fund", "0002_books_kept_by_triggers")]

    operations = [migrations.RunSQL(GUARD, migrations.RunSQL.noop)]
