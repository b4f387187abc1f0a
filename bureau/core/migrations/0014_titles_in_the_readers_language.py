"""What the title of a request says is kept as data, so that every reader has it in their language."""

from django.db import migrations, models

from bureau.core import standing

_MADE = (
    "id", "kind", "target_label", "target_id", "title", "area_id", "summary", "changes",
    "amount", "reason", "maker_id", "maker_staff_no", "made_at", "due_at",
)  # fmt: skip
_TABLE, _NAME = "core_approvalrequest", "approval_stands_as_made_and_decided"
FORGET = standing.drop(_TABLE, "stands_as_made")
BEFORE = standing.fixed(_TABLE, _NAME, _MADE)
AFTER = standing.fixed(_TABLE, _NAME, (*_MADE, "title_facts"))


class Migration(migrations.Migration):
    dependencies = [("core", "0013_nobody_decides_for_the_giver")]

    operations = [
        migrations.AddField(
            model_name="approvalrequest",
            name="title_facts",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                editable=False,
            ),
        ),
        migrations.RunSQL(FORGET + AFTER, FORGET + BEFORE),
    ]
