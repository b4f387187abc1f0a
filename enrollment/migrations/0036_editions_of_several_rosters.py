"""A newer edition replaces one roster, several together, or some places of one."""

import django.db.models.deletion
from django.db import migrations, models

from bureau.core import standing

TABLE = "enrollment_replacedroster"
STAND = standing.fixed(TABLE, "edition_stands", ("id", "edition_id", "roster_id")) + standing.kept(
    TABLE, "edition_stands"
)
FORGET = standing.drop(TABLE, "stands_as_made", "is_kept")
#: The first of the rosters comes with the edition, and all of them open and close with it.
FOLLOW = """
    CREATE FUNCTION enrollment_edition_replaces() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO enrollment_replacedroster (edition_id, roster_id, is_open)
            VALUES (NEW.id, NEW.replaces_id, NEW.is_open);
        ELSE
            UPDATE enrollment_replacedroster SET is_open = NEW.is_open
            WHERE edition_id = NEW.id AND is_open <> NEW.is_open;
        END IF;
        RETURN NULL;
    END $$;
    INSERT INTO enrollment_replacedroster (edition_id, roster_id, is_open)
    SELECT id, replaces_id, is_open FROM enrollment_rosteredition;
    CREATE TRIGGER replaces_rosters AFTER INSERT OR UPDATE OF is_open ON enrollment_rosteredition
        FOR EACH ROW EXECUTE FUNCTION enrollment_edition_replaces();
"""
LEAVE = """
    DROP TRIGGER replaces_rosters ON enrollment_rosteredition;
    DROP FUNCTION enrollment_edition_replaces();
"""


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0035_newer_editions_of_rosters")]

    operations = [
        migrations.AddField(
            model_name="rosteredition",
            name="only_places",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="ReplacedRoster",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_open", models.BooleanField(default=True)),
                (
                    "edition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced",
                        to="enrollment.rosteredition",
                    ),
                ),
                (
                    "roster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="enrollment.rosterbatch",
                        verbose_name="former edition",
                    ),
                ),
            ],
            options={
                "verbose_name": "roster replaced by an edition",
                "verbose_name_plural": "rosters replaced by editions",
                "db_table_comment": "Rosters that newer editions replace",
            },
        ),
        migrations.AddConstraint(
            model_name="replacedroster",
            constraint=models.UniqueConstraint(
                fields=("edition", "roster"), name="edition_part_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="replacedroster",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_open", True)),
                fields=("roster",),
                name="edition_part_open_once",
            ),
        ),
        migrations.RunSQL(FOLLOW, LEAVE),
        migrations.RunSQL(STAND, FORGET),
    ]
