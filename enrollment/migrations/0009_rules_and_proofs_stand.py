"""What two people approved or signed stands: versions of rules, and the figures of proofs."""

from django.db import migrations

# The upper end of the period alone may change: a later version ends the one before.
KEEP_RULES = """
CREATE FUNCTION enrollment_double_rules_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'APPROVED' AND (
        TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'period' IS DISTINCT FROM to_jsonb(OLD) - 'period'
        OR lower(NEW.period) IS DISTINCT FROM lower(OLD.period)
    ) THEN
        RAISE EXCEPTION 'version % of the rules was approved', OLD.number
            USING ERRCODE = '23514', CONSTRAINT = 'double_rules_stand_as_approved';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrollment_double_rules_stand BEFORE UPDATE OR DELETE ON enrollment_doubleruleset
FOR EACH ROW EXECUTE FUNCTION enrollment_double_rules_stand();

CREATE FUNCTION enrollment_double_rule_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    version bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.rule_set_id ELSE OLD.rule_set_id END;
BEGIN
    IF EXISTS (SELECT FROM enrollment_doubleruleset
               WHERE id = version AND state IN ('SUBMITTED', 'APPROVED')) THEN
        RAISE EXCEPTION 'the version of this rule was submitted or approved'
            USING ERRCODE = '23514', CONSTRAINT = 'double_rules_stand_as_approved';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrollment_double_rule_stands
BEFORE INSERT OR UPDATE OR DELETE ON enrollment_doublerule
FOR EACH ROW EXECUTE FUNCTION enrollment_double_rule_stands();
"""
FORGET_RULES = """
DROP TRIGGER enrollment_double_rule_stands ON enrollment_doublerule;
DROP FUNCTION enrollment_double_rule_stands;
DROP TRIGGER enrollment_double_rules_stand ON enrollment_doubleruleset;
DROP FUNCTION enrollment_double_rules_stand;
"""

# What was counted and who prepared it never change; once signed, nothing does but comparisons.
KEEP_PROOFS = """
CREATE FUNCTION enrollment_proof_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR to_jsonb(NEW) - '{state,signed_by_id,signed_by_no,signed_at,compared}'::text[]
          IS DISTINCT FROM
          to_jsonb(OLD) - '{state,signed_by_id,signed_by_no,signed_at,compared}'::text[]
       OR OLD.state = 'SIGNED'
          AND to_jsonb(NEW) - 'compared' IS DISTINCT FROM to_jsonb(OLD) - 'compared'
    THEN
        RAISE EXCEPTION 'proof % stands', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'proof_stands_as_signed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrollment_proof_stands BEFORE UPDATE OR DELETE ON enrollment_signedproof
FOR EACH ROW EXECUTE FUNCTION enrollment_proof_stands();
"""
FORGET_PROOFS = """
DROP TRIGGER enrollment_proof_stands ON enrollment_signedproof;
DROP FUNCTION enrollment_proof_stands;
"""


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0008_double_enrollment_and_signed_proofs")]

    operations = [
        migrations.RunSQL(KEEP_RULES, FORGET_RULES),
        migrations.RunSQL(KEEP_PROOFS, FORGET_PROOFS),
    ]
