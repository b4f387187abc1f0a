"""Decisions of a packet wait together; requests from before have their lines too."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from bureau.core import standing

#: Requests from before were each about one pair; each becomes a list of one.
LINES = """
CREATE TEMP TABLE asked ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('enrollment_decisionbundle', 'id')) AS bundle,
       request.id AS request, request.state, request.made_at, request.checked_at,
       left(request.note, 500) AS note, request.summary, decision.id AS decision,
       decision.packet_id AS packet,
       left(coalesce(checker.full_name, maker.full_name), 120) AS by_text
FROM core_approvalrequest request
JOIN enrollment_pairdecision decision ON decision.id = (request.summary ->> 'decision')::bigint
JOIN core_staff maker ON maker.id = request.maker_id
LEFT JOIN core_staff checker ON checker.id = request.checker_id
WHERE request.kind = 'enrollment.same_person';
INSERT INTO enrollment_decisionbundle (id, packet_id, made_at)
SELECT bundle, packet, made_at FROM asked;
INSERT INTO enrollment_bundleddecision
    (bundle_id, approval_id, decision_id, "overlaps", enters, amount_left, amount_right, state, reason,
     settled_by, settled_at)
SELECT bundle, request, decision, coalesce((summary ->> 'overlaps')::int, 0),
       coalesce((summary ->> 'enters')::int, 0),
       coalesce(replace(summary ->> 'amount_left', ',', '')::numeric, 0),
       coalesce(replace(summary ->> 'amount_right', ',', '')::numeric, 0),
       CASE state WHEN 'PENDING' THEN 'WAITING' ELSE state END,
       CASE state WHEN 'RETURNED' THEN note ELSE '' END,
       CASE state WHEN 'PENDING' THEN '' ELSE coalesce(nullif(by_text, ''), '-') END,
       CASE state WHEN 'PENDING' THEN NULL ELSE coalesce(checked_at, made_at) END
FROM asked
ON CONFLICT DO NOTHING;
SET CONSTRAINTS ALL IMMEDIATE;
"""

FUNCTIONS = """
CREATE FUNCTION enrollment_expect_own_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM core_approvalrequest request
        JOIN enrollment_pairdecision decision ON decision.id = NEW.decision_id
        WHERE request.id = NEW.approval_id AND request.state = 'PENDING'
          AND request.maker_id = decision.by_id
    ) THEN
        RAISE EXCEPTION 'decision % is in a request of another', NEW.decision_id
            USING ERRCODE = '23514', CONSTRAINT = 'bundled_decision_after_second_person';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION enrollment_expect_approved_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM core_approvalrequest request
                   WHERE request.id = NEW.approval_id AND request.state = 'APPROVED') THEN
        RAISE EXCEPTION 'the request of decision % is not approved', NEW.decision_id
            USING ERRCODE = '23514', CONSTRAINT = 'bundled_decision_after_second_person';
    END IF;
    RETURN NEW;
END $$;
"""
FORGET_FUNCTIONS = """
DROP FUNCTION enrollment_expect_own_request;
DROP FUNCTION enrollment_expect_approved_request;
"""
TABLE = "enrollment_bundleddecision"
STANDS = "bundled_decision_stands"
TRIGGERS = (
    standing.refuse(
        TABLE, "begins_waiting", "INSERT", "NEW.state <> 'WAITING'",
        "bundled_decision_after_second_person",
    )
    + standing.trigger(
        TABLE, "is_of_its_request", "INSERT", "true", "enrollment_expect_own_request()"
    )
    + standing.fixed(
        TABLE,
        STANDS,
        (
            "id", "bundle_id", "approval_id", "decision_id", "overlaps", "enters", "amount_left",
            "amount_right",
        ),
    )
    + standing.once(TABLE, STANDS, ("settled_by", "settled_at", "reason"))
    + standing.forward(
        TABLE,
        STANDS,
        (("WAITING", "APPROVED"), ("WAITING", "RETURNED"), ("WAITING", "WITHDRAWN")),
    )
    + standing.trigger(
        TABLE,
        "needs_second_person",
        "UPDATE",
        "OLD.state <> NEW.state AND NEW.state = 'APPROVED'",
        "enrollment_expect_approved_request()",
    )
    + standing.kept(TABLE, STANDS)
)  # fmt: skip
FORGET_TRIGGERS = standing.drop(
    TABLE,
    "begins_waiting", "is_of_its_request", "stands_as_made", "stands_once_written", "goes_forward",
    "needs_second_person", "is_kept",
)  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0013_nobody_decides_for_the_giver'),
        ('enrollment', '0033_households_by_source'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BundledDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('overlaps', models.PositiveIntegerField(default=0, verbose_name='coverages that would overlap')),
                ('enters', models.PositiveIntegerField(default=0, verbose_name='coverages that would come in')),
                ('amount_left', models.DecimalField(decimal_places=2, default=0, max_digits=18)),
                ('amount_right', models.DecimalField(decimal_places=2, default=0, max_digits=18)),
                ('state', models.CharField(choices=[('WAITING', 'Waits for the second person'), ('APPROVED', 'Approved'), ('RETURNED', 'Returned to the clerk'), ('WITHDRAWN', 'Taken back before it was approved')], default='WAITING', max_length=10, verbose_name='state')),
                ('reason', models.CharField(blank=True, db_default='', max_length=500, verbose_name='reason')),
                ('settled_by', models.CharField(blank=True, db_default='', max_length=120, verbose_name='decided by')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
            ],
            options={
                'verbose_name': 'decision in a request',
                'verbose_name_plural': 'decisions in requests',
                'db_table_comment': 'Decisions on pairs within requests for approval',
                'ordering': ['bundle', 'id'],
            },
        ),
        migrations.CreateModel(
            name='DecisionBundle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
            ],
            options={
                'verbose_name': 'decisions handed in together',
                'verbose_name_plural': 'decisions handed in together',
                'db_table_comment': 'Decisions on pairs that a second person approves together; append-only',
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='pairdecision',
            name='holder',
            field=models.CharField(blank=True, choices=[('LEFT', 'The person on the left holds it'), ('RIGHT', 'The person on the right holds it'), ('UNKNOWN', 'Not known yet: both numbers are to be checked')], db_default='', max_length=10, verbose_name='who holds the number'),
        ),
        migrations.AddIndex(
            model_name='pairdecision',
            index=models.Index(condition=models.Q(('holder', ''), _negated=True), fields=['pair'], name='decision_about_a_number'),
        ),
        migrations.AddConstraint(
            model_name='pairdecision',
            constraint=models.CheckConstraint(condition=models.Q(('holder', ''), models.Q(('verdict', 'DIFFERENT'), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='decision_about_a_number_has_a_reason'),
        ),
        migrations.AddField(
            model_name='bundleddecision',
            name='approval',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.approvalrequest'),
        ),
        migrations.AddField(
            model_name='bundleddecision',
            name='decision',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bundled', to='enrollment.pairdecision'),
        ),
        migrations.AddField(
            model_name='decisionbundle',
            name='packet',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bundles', to='enrollment.reviewpacket', verbose_name='packet'),
        ),
        migrations.AddField(
            model_name='bundleddecision',
            name='bundle',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='enrollment.decisionbundle'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decisionbundle',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'rows of this table are never changed or removed' USING ERRCODE = '23514', CONSTRAINT = 'decision_bundle_stands';", hash='54ce258db9706ef084c069dc388769d87dbb3faa', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e0cb1', table='enrollment_decisionbundle', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='bundleddecision',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['WAITING', 'APPROVED'])), fields=('decision',), name='decision_in_one_request'),
        ),
        migrations.AddConstraint(
            model_name='bundleddecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'RETURNED'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='bundled_decision_returned_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='bundleddecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('settled_by', ''), ('state', 'WAITING')), models.Q(models.Q(('state', 'WAITING'), _negated=True), ('settled_at__isnull', False), models.Q(('settled_by', ''), _negated=True)), _connector='OR'), name='bundled_decision_settled_by_somebody'),
        ),
        migrations.RunSQL(LINES, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, FORGET_FUNCTIONS),
        migrations.RunSQL(TRIGGERS, FORGET_TRIGGERS),
    ]
