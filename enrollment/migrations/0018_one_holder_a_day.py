"""A number that one person had up to a day is another one's from that day on at the earliest."""

from django.db import migrations, models

# Open numbers are compared by the unique index. Here the few that have an end are compared with all,
# once per statement, so that a roster of a million rows pays for the few alone.
COMPARE = """
-- Numbers given before began without a first day: theirs is when the former holder's time ended.
UPDATE enrollment_personidentifier AS now
SET period = daterange(ended.day, NULL)
FROM (SELECT number, max(upper(period)) AS day FROM enrollment_personidentifier
      WHERE kind = 'RESIDENT_ID' AND NOT upper_inf(period) GROUP BY number) AS ended
WHERE now.kind = 'RESIDENT_ID' AND now.number = ended.number AND upper_inf(now.period)
  AND (lower_inf(now.period) OR lower(now.period) < ended.day);
CREATE FUNCTION enrollment_one_holder_a_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM enrollment_personidentifier ended
        JOIN fresh ON fresh.number = ended.number
        WHERE ended.kind = 'RESIDENT_ID' AND NOT upper_inf(ended.period)
          AND fresh.kind = 'RESIDENT_ID' AND fresh.id <> ended.id
          AND fresh.period && ended.period
    ) OR EXISTS (
        SELECT FROM fresh
        JOIN enrollment_personidentifier other ON other.number = fresh.number
        WHERE fresh.kind = 'RESIDENT_ID' AND NOT upper_inf(fresh.period)
          AND other.kind = 'RESIDENT_ID' AND other.id <> fresh.id
          AND other.period && fresh.period
    ) THEN
        RAISE EXCEPTION 'an identity number is one person''s at a time'
            USING ERRCODE = '23505', CONSTRAINT = 'identifier_resident_number_of_one_person';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER one_holder_a_day_made AFTER INSERT ON enrollment_personidentifier
REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION enrollment_one_holder_a_day();
CREATE TRIGGER one_holder_a_day_changed AFTER UPDATE ON enrollment_personidentifier
REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION enrollment_one_holder_a_day();
"""
FORGET = """
DROP TRIGGER one_holder_a_day_changed ON enrollment_personidentifier;
DROP TRIGGER one_holder_a_day_made ON enrollment_personidentifier;
DROP FUNCTION enrollment_one_holder_a_day;
"""


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0017_decisions_keep_their_cases")]

    operations = [
        migrations.AddIndex(
            model_name="personidentifier",
            index=models.Index(
                condition=models.Q(("kind", "RESIDENT_ID"), ("period__upper_inf", False)),
                fields=["number"],
                name="identifier_ended",
            ),
        ),
        migrations.RunSQL(COMPARE, FORGET),
    ]
