"""Roles, accounts and resets take effect by two security administrators, also for the web server.

What the operator gave by a command names no request.
"""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from bureau.core import standing

FUNCTIONS = """
-- The role in NEW holds as an approved wish says, whose request it names.
CREATE FUNCTION core_expect_wish_of_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM core_approvalrequest request
        JOIN core_powerwish wish ON wish.id = request.target_id
        WHERE request.id = NEW.approval_id AND request.state = 'APPROVED'
          AND request.kind = 'core.power' AND wish.state = 'APPROVED'
          AND wish.act = CASE TG_OP WHEN 'INSERT' THEN 'GRANT' ELSE 'PERIOD' END
          AND (TG_OP = 'INSERT' OR wish.grant_id = NEW.id)
          AND (wish.staff_id, wish.role, wish.area_id, wish.period)
              IS NOT DISTINCT FROM (NEW.staff_id, NEW.role, NEW.area_id, NEW.period)
    ) THEN
        RAISE EXCEPTION 'no second administrator approved this role of account %', NEW.staff_id
            USING ERRCODE = '23514', CONSTRAINT = 'power_by_two_people';
    END IF;
    RETURN NEW;
END $$;

-- Arguments: the acts of which an approved wish about this account is asked for.
CREATE FUNCTION core_expect_wish_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM core_powerwish wish
        WHERE wish.staff_id = NEW.id AND wish.state = 'APPROVED'
          AND wish.act = ANY (string_to_array(TG_ARGV[0], ' '))
          AND wish.approved_at > now() - interval '25 hours'
          AND (wish.act <> 'ACCOUNT' OR wish.may_sign_in >= NEW.is_active
                                    AND wish.may_maintain >= NEW.is_staff)
    ) THEN
        RAISE EXCEPTION 'no second administrator approved this for account %', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'power_by_two_people';
    END IF;
    RETURN NEW;
END $$;
"""
FORGET_FUNCTIONS = """
DROP FUNCTION core_expect_wish_of_account;
DROP FUNCTION core_expect_wish_of_role;
"""

WISHES = (
    standing.born("core_powerwish", "power_stands", "NEW.state = 'ASKED'", portal_only=True)
    + standing.fixed(
        "core_powerwish",
        "power_stands",
        (
            "id", "act", "staff_id", "staff_no", "subject", "role", "area_id", "period",
            "grant_id", "may_sign_in", "may_maintain", "asked_by_id", "asked_by_no", "asked_at",
        ),
    )
    + standing.once("core_powerwish", "power_stands", ("approved_by_no", "approved_at"))
    + standing.forward(
        "core_powerwish",
        "power_stands",
        (("ASKED", "APPROVED"), ("ASKED", "RETURNED"), ("APPROVED", "DONE")),
    )
    + standing.asked(
        "core_powerwish", "power_by_two_people", ("core.power",), "APPROVED", before="ASKED",
        number="approved_by_no", at="approved_at",
    )
    + standing.names("core_powerwish", "named_by_own_number", "asked_by_id", "asked_by_no")
    + standing.names("core_powerwish", "named_by_own_number", "staff_id", "staff_no")
    + standing.kept("core_powerwish", "power_stands")
)  # fmt: skip
FORGET_WISHES = standing.drop(
    "core_powerwish",
    "begins_plainly", "stands_as_made", "stands_once_written", "goes_forward",
    "needs_second_person", "names_asked_by_id", "names_staff_id", "is_kept",
)  # fmt: skip

GRANTS = (
    standing.trigger(
        "core_rolegrant",
        "is_given_by_two",
        "INSERT",
        standing.BY_PORTAL,
        "core_expect_wish_of_role()",
    )
    + standing.trigger(
        "core_rolegrant",
        "is_changed_by_two",
        "UPDATE",
        standing.BY_PORTAL,
        "core_expect_wish_of_role()",
    )
    + standing.kept("core_rolegrant", "power_stands")
)
FORGET_GRANTS = standing.drop(
    "core_rolegrant", "is_given_by_two", "is_changed_by_two", "is_kept"
)

# A password that nobody has chosen yet may be issued again; the pages ask for approval then too.
ACCOUNTS = (
    standing.born(
        "core_staff",
        "power_by_two_people",
        "NOT NEW.is_active AND NOT NEW.is_staff AND NOT NEW.is_superuser"
        " AND NOT NEW.is_demonstration AND NEW.password LIKE '!%'",
        portal_only=True,
    )
    + standing.refuse(
        "core_staff",
        "is_no_superuser",
        "UPDATE",
        "(NEW.is_superuser AND NOT OLD.is_superuser"
        f" OR NEW.is_demonstration <> OLD.is_demonstration) AND {standing.BY_PORTAL}",
        "power_by_two_people",
    )
    + standing.trigger(
        "core_staff",
        "is_opened_by_two",
        "UPDATE",
        "(NEW.is_active AND NOT OLD.is_active OR NEW.is_staff AND NOT OLD.is_staff)"
        f" AND {standing.BY_PORTAL}",
        "core_expect_wish_of_account('ACCOUNT')",
    )
    + standing.trigger(
        "core_staff",
        "is_reset_by_two",
        "UPDATE",
        "NEW.password <> OLD.password AND NEW.password NOT LIKE '!%'"
        " AND (OLD.password LIKE '!%'"
        " OR OLD.password_changed_at IS NOT NULL AND NEW.password_changed_at IS NULL)"
        f" AND {standing.BY_PORTAL}",
        "core_expect_wish_of_account('PASSWORD ACCOUNT')",
    )
)
FORGET_ACCOUNTS = standing.drop(
    "core_staff", "begins_plainly", "is_no_superuser", "is_opened_by_two", "is_reset_by_two"
)


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0010_what_was_laid_down_stands'),
    ]

    operations = [
        migrations.CreateModel(
            name='PowerWish',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('GRANT', 'Give a role'), ('PERIOD', 'Change how long a role holds'), ('ACCOUNT', 'Open an account'), ('PASSWORD', 'Issue a one-time password'), ('SECOND_FACTOR', 'Remove the second factor')], max_length=20, verbose_name='act')),
                ('staff_no', models.CharField(max_length=20, verbose_name='staff number')),
                ('subject', models.CharField(blank=True, max_length=60)),
                ('role', models.CharField(blank=True, choices=[('VIEWER', 'Viewer'), ('CLERK', 'Clerk'), ('REVIEWER', 'Reviewer'), ('ACCOUNTANT', 'Fund accountant'), ('FUND_REVIEWER', 'Fund reviewer'), ('AGREEMENT_OFFICER', 'Agreement officer'), ('CATALOGUE_OFFICER', 'Catalogue officer'), ('POLICY_OFFICER', 'Policy officer'), ('DIRECTOR', 'Director'), ('SYSTEM_ADMINISTRATOR', 'System administrator'), ('SECURITY_ADMINISTRATOR', 'Security administrator'), ('AUDITOR', 'Auditor')], max_length=30, verbose_name='role')),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField(blank=True, null=True, verbose_name='period')),
                ('may_sign_in', models.BooleanField(default=False, verbose_name='may sign in')),
                ('may_maintain', models.BooleanField(default=False, verbose_name='may use the maintenance pages')),
                ('state', models.CharField(choices=[('ASKED', 'Awaiting approval'), ('APPROVED', 'Approved'), ('DONE', 'Carried out'), ('RETURNED', 'Returned')], default='ASKED', max_length=10, verbose_name='state')),
                ('asked_by_no', models.CharField(max_length=20)),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('approved_by_no', models.CharField(blank=True, max_length=20)),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='approved at')),
            ],
            options={
                'verbose_name': 'wish about powers',
                'verbose_name_plural': 'wishes about powers',
                'db_table_comment': 'Acts on accounts and roles, each approved by a second administrator',
                'ordering': ['-id'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='rolegrant',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='rolegrant',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='rolegrant',
            name='approval',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.approvalrequest', verbose_name='approval'),
        ),
        migrations.AddField(
            model_name='rolegrantevent',
            name='approval',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.approvalrequest', verbose_name='approval'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolegrant',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_rolegrantevent" ("approval_id", "area_id", "granted_by", "id", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "staff_id") SELECT old_values."approval_id", old_values."area_id", old_values."granted_by", old_values."id", old_values."period", _pgh_attached_context.value, NOW(), \'update\', old_values."id", old_values."role", old_values."staff_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='875df48f1cccabe4264debc472e2c594e15dce6f', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_a831d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='core_rolegrant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolegrant',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_rolegrantevent" ("approval_id", "area_id", "granted_by", "id", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "staff_id") SELECT old_values."approval_id", old_values."area_id", old_values."granted_by", old_values."id", old_values."period", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."role", old_values."staff_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b7607e2ef20c3b64b8d78760c7def2ad08eae464', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_bf593', referencing='REFERENCING OLD TABLE AS old_values ', table='core_rolegrant', when='AFTER')),
        ),
        migrations.AddField(
            model_name='powerwish',
            name='area',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.area', verbose_name='area'),
        ),
        migrations.AddField(
            model_name='powerwish',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by'),
        ),
        migrations.AddField(
            model_name='powerwish',
            name='grant',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wishes', to='core.rolegrant'),
        ),
        migrations.AddField(
            model_name='powerwish',
            name='staff',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wishes', to=settings.AUTH_USER_MODEL, verbose_name='member of staff'),
        ),
        migrations.AddConstraint(
            model_name='powerwish',
            constraint=models.CheckConstraint(condition=models.Q(('asked_by_no', models.F('staff_no')), _negated=True), name='power_not_for_oneself'),
        ),
        migrations.AddConstraint(
            model_name='powerwish',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_by_no', ''), ('state__in', ['ASKED', 'RETURNED'])), models.Q(models.Q(('approved_by_no', ''), _negated=True), models.Q(('approved_by_no', models.F('asked_by_no')), _negated=True), models.Q(('approved_by_no', models.F('staff_no')), _negated=True), ('approved_at__isnull', False), ('state__in', ['APPROVED', 'DONE'])), _connector='OR'), name='power_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='powerwish',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'ASKED')), fields=('staff', 'act', 'subject'), name='power_asked_once'),
        ),
        migrations.RunSQL(FUNCTIONS, FORGET_FUNCTIONS),
        migrations.RunSQL(WISHES, FORGET_WISHES),
        migrations.RunSQL(GRANTS, FORGET_GRANTS),
        migrations.RunSQL(ACCOUNTS, FORGET_ACCOUNTS),
    ]
