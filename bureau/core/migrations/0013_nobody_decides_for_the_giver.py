"""Whom the maker of a request left approvals to does not decide it, on whatever path."""

from django.db import migrations

GUARD = """
CREATE FUNCTION core_approval_not_by_delegate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM core_delegation
        WHERE giver_no = NEW.maker_staff_no AND taker_no = NEW.checker_staff_no
          AND ended_at IS NULL
          AND period @> (NEW.checked_at AT TIME ZONE 'Asia/Shanghai')::date
    ) THEN
        RAISE EXCEPTION 'the maker of request % left approvals to its checker', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'approval_not_by_makers_delegate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER core_approval_not_by_delegate BEFORE UPDATE ON core_approvalrequest
FOR EACH ROW WHEN (NEW.checker_id IS NOT NULL AND OLD.checker_id IS NULL)
EXECUTE FUNCTION core_approval_not_by_delegate();
"""
FORGET = """
DROP TRIGGER core_approval_not_by_delegate ON core_approvalrequest;
DROP FUNCTION core_approval_not_by_delegate;
"""

class Migration(migrations.Migration):
    dependencies = [("core", "0012_notifications_and_delegations")]

    operations = [
        migrations.RunSQL(GUARD, FORGET),
    ]
