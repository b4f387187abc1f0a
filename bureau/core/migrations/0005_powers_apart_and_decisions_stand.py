"""What keeps people apart holds on every path: powers by person, and requests as they were decided.

The exclusion constraint compares grants of one account; who has two accounts has one staff number.
"""

from django.db import migrations

# Grants and numbers of one person are changed one after the other, or two at the same time would
# not see each other.
KEEP_APART = """
CREATE FUNCTION core_three_powers_apart(person text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('core.staff_no ' || person, 0));
    IF EXISTS (
        SELECT FROM core_rolegrant one
        JOIN core_staff holder ON holder.id = one.staff_id
        JOIN core_staff twin ON twin.staff_no = holder.staff_no
        JOIN core_rolegrant other ON other.staff_id = twin.id
        WHERE holder.staff_no = person
          AND one.role IN ('SYSTEM_ADMINISTRATOR', 'SECURITY_ADMINISTRATOR', 'AUDITOR')
          AND other.role IN ('SYSTEM_ADMINISTRATOR', 'SECURITY_ADMINISTRATOR', 'AUDITOR')
          AND one.role <> other.role
          AND one.period && other.period
    ) THEN
        RAISE EXCEPTION 'one person would hold two of the three administrative powers'
            USING ERRCODE = '23514', CONSTRAINT = 'role_grant_three_powers_apart';
    END IF;
END $$;

CREATE FUNCTION core_rolegrant_keep_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person text;
BEGIN
    SELECT staff_no INTO person FROM core_staff WHERE id = NEW.staff_id FOR NO KEY UPDATE;
    PERFORM core_three_powers_apart(person);
    RETURN NULL;
END $$;

CREATE FUNCTION core_staff_keep_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM core_three_powers_apart(NEW.staff_no);
    RETURN NULL;
END $$;

CREATE TRIGGER core_rolegrant_keep_apart AFTER INSERT OR UPDATE ON core_rolegrant
FOR EACH ROW WHEN (NEW.role IN ('SYSTEM_ADMINISTRATOR', 'SECURITY_ADMINISTRATOR', 'AUDITOR'))
EXECUTE FUNCTION core_rolegrant_keep_apart();
CREATE TRIGGER core_staff_keep_apart AFTER UPDATE OF staff_no ON core_staff
FOR EACH ROW WHEN (NEW.staff_no <> OLD.staff_no) EXECUTE FUNCTION core_staff_keep_apart();
"""
FORGET = """
DROP TRIGGER core_staff_keep_apart ON core_staff;
DROP TRIGGER core_rolegrant_keep_apart ON core_rolegrant;
DROP FUNCTION core_staff_keep_apart;
DROP FUNCTION core_rolegrant_keep_apart;
DROP FUNCTION core_three_powers_apart;
"""

# Who made a request, and what was decided, are the evidence of the second person: they stand.
KEEP_DECISIONS = """
CREATE FUNCTION core_approval_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.state = 'PENDING' THEN
        RETURN OLD;
    END IF;
    IF OLD.state <> 'PENDING'
       OR (NEW.maker_id, NEW.maker_staff_no, NEW.kind, NEW.target_label, NEW.target_id)
          IS DISTINCT FROM
          (OLD.maker_id, OLD.maker_staff_no, OLD.kind, OLD.target_label, OLD.target_id)
    THEN
        RAISE EXCEPTION 'request % was decided, or its maker or subject would change', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'approval_stands_as_made_and_decided';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER core_approval_stands BEFORE UPDATE OR DELETE ON core_approvalrequest
FOR EACH ROW EXECUTE FUNCTION core_approval_stands();
"""
FORGET_DECISIONS = """
DROP TRIGGER core_approval_stands ON core_approvalrequest;
DROP FUNCTION core_approval_stands;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0004_access_log_by_actor")]

    operations = [
        migrations.RunSQL(KEEP_APART, FORGET),
        migrations.RunSQL(KEEP_DECISIONS, FORGET_DECISIONS),
    ]
