"""What was written, decided and approved stands; who recorded a fact approves no decision on it."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from bureau.core import standing

# Who recorded a fact stands by name and user name so far; who waits for approval, in the request.
FILL = """
UPDATE enrollment_doublefact fact SET recorded_by_no = staff.staff_no
FROM core_staff staff
WHERE fact.recorded_by = left(staff.full_name || ' (' || staff.username || ')', 120);
UPDATE enrollment_doubledecision decision SET drafters = ARRAY(
    SELECT DISTINCT number FROM (
        SELECT request.maker_staff_no AS number FROM core_approvalrequest request
        WHERE request.kind = 'enrollment.double_decision' AND request.target_id = decision.id
        UNION SELECT fact.recorded_by_no FROM enrollment_doublefact fact
        JOIN enrollment_doublecase one ON one.person_id = fact.person_id
        WHERE one.id = ANY (decision.case_numbers)
    ) worked WHERE number <> '')
WHERE decision.state = 'SUBMITTED';
UPDATE enrollment_doubledecision decision SET approved_by_no = request.checker_staff_no
FROM core_approvalrequest request
WHERE request.kind = 'enrollment.double_decision' AND request.target_id = decision.id
  AND request.state = 'APPROVED' AND decision.state IN ('APPLYING', 'APPLIED');
SET CONSTRAINTS ALL IMMEDIATE;
"""

FUNCTIONS = """
CREATE FUNCTION enrollment_expect_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM core_storedfile stored
                   WHERE stored.id = NEW.stored_id AND stored.sha256 = NEW.sha256) THEN
        RAISE EXCEPTION 'the digest is not that of the stored file %', NEW.stored_id
            USING ERRCODE = '23514', CONSTRAINT = 'roster_file_stands';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION enrollment_expect_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <> OLD.version + 1 OR NOT EXISTS (
        SELECT FROM enrollment_rosterrowversion former
        WHERE former.row_id = OLD.id AND former.version = OLD.version AND former.raw = OLD.raw
    ) THEN
        RAISE EXCEPTION 'row % would be written over without a record of what it was', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'roster_row_stands';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION enrollment_expect_approved_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (NEW.made_by = 'software' AND NOT EXISTS (SELECT FROM enrollment_reviewterms))
       AND NOT EXISTS (
        SELECT FROM core_approvalrequest request
        WHERE request.kind = 'enrollment.review_terms' AND request.state = 'APPROVED'
          AND request.checked_at = NEW.made_at
          AND (request.summary ->> 'packet_size')::int = NEW.packet_size
          AND (request.summary ->> 'second_look_share')::numeric = NEW.second_look_share
    ) THEN
        RAISE EXCEPTION 'nobody approved these terms of review'
            USING ERRCODE = '23514', CONSTRAINT = 'review_terms_were_approved';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION enrollment_expect_approved_undo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM core_approvalrequest request
        JOIN enrollment_pairdecision decision ON decision.id = NEW.decision_id
        WHERE request.id = NEW.approval_id AND request.state = 'APPROVED'
          AND request.target_label = 'enrollment.candidatepair'
          AND request.target_id = decision.pair_id
    ) THEN
        RAISE EXCEPTION 'nobody approved taking back decision %', NEW.decision_id
            USING ERRCODE = '23514', CONSTRAINT = 'undo_on_request_was_approved';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION enrollment_expect_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM enrollment_doubledecision decision
        WHERE decision.id = NEW.decision_id AND decision.state IN ('APPLYING', 'APPLIED')
    ) THEN
        RAISE EXCEPTION 'case % is decided without an approved decision', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'double_case_decided_after_approval';
    END IF;
    RETURN NEW;
END $$;
"""
FORGET_FUNCTIONS = """
DROP FUNCTION enrollment_expect_decision;
DROP FUNCTION enrollment_expect_approved_undo;
DROP FUNCTION enrollment_expect_approved_terms;
DROP FUNCTION enrollment_expect_version;
DROP FUNCTION enrollment_expect_content;
"""

ROSTERS = (
    standing.born(
        "enrollment_rosterbatch",
        "roster_stands",
        "NEW.state = 'DRAFT' AND NEW.channel <> 'COMMAND_LINE' AND NEW.approved_at IS NULL"
        " AND NEW.approved_by = '' AND NEW.approved_by_no = '' AND NEW.applied_at IS NULL",
        portal_only=True,
    )
    + standing.fixed(
        "enrollment_rosterbatch",
        "roster_stands",
        (
            "id", "scheme", "year", "channel", "received_at", "received_by",
            "received_by_staff_id",
        ),
    )
    + standing.refuse(
        "enrollment_rosterbatch",
        "is_of_its_sender",
        "UPDATE",
        "ROW(OLD.area_id, OLD.rows_declared, OLD.households_declared, OLD.amount_declared)"
        " IS DISTINCT FROM"
        " ROW(NEW.area_id, NEW.rows_declared, NEW.households_declared, NEW.amount_declared)"
        f" AND {standing.BY_PORTAL}",
        "roster_stands",
    )
    + standing.once(
        "enrollment_rosterbatch",
        "roster_stands",
        ("approved_at", "approved_by", "approved_by_no", "applied_at"),
    )
    + standing.forward(
        "enrollment_rosterbatch",
        "roster_stands",
        (
            ("DRAFT", "READING"), ("DRAFT", "CANCELLED"), ("READING", "CHECKED"),
            ("READING", "CANCELLED"), ("CHECKED", "READING"), ("CHECKED", "AWAITING_APPROVAL"),
            ("CHECKED", "CANCELLED"), ("AWAITING_APPROVAL", "CHECKED"),
            ("AWAITING_APPROVAL", "APPLYING"), ("APPLYING", "APPLIED"),
            ("APPLIED", "UNDOING"), ("UNDOING", "APPLIED"), ("UNDOING", "UNDONE"),
        ),
        portal_only=True,
    )
    + standing.trigger(
        "enrollment_rosterbatch",
        "is_undone_by_two",
        "UPDATE",
        f"OLD.state = 'APPLIED' AND NEW.state = 'UNDOING' AND {standing.BY_PORTAL}",
        "core_expect_request('roster_stands', 'enrollment.roster_undo', '', '')",
    )
    + standing.born(
        "enrollment_rosterundo",
        "roster_undo_stands",
        "NEW.state = 'ASKED' AND NEW.approved_by_no = '' AND NEW.approved_at IS NULL",
        portal_only=True,
    )
    + standing.fixed(
        "enrollment_rosterundo",
        "roster_undo_stands",
        ("id", "batch_id", "reason", "asked_at", "asked_by", "asked_by_staff_id"),
    )
    + standing.once(
        "enrollment_rosterundo",
        "roster_undo_stands",
        ("approved_at", "approved_by", "approved_by_no", "done_at"),
    )
    + standing.forward(
        "enrollment_rosterundo",
        "roster_undo_stands",
        (("ASKED", "UNDOING"), ("ASKED", "DROPPED"), ("UNDOING", "DONE"), ("UNDOING", "DROPPED")),
        portal_only=True,
    )
    + standing.kept("enrollment_rosterundo", "roster_undo_stands")
    + standing.asked(
        "enrollment_rosterbatch",
        "rosterbatch_applied_after_second_person",
        ("enrollment.roster",),
        "APPLYING",
        before="AWAITING_APPROVAL",
        number="approved_by_no",
        at="approved_at",
    )
    + standing.kept("enrollment_rosterbatch", "roster_stands")
)  # fmt: skip
FORGET_ROSTERS = standing.drop(
    "enrollment_rosterundo",
    "begins_plainly", "stands_as_made", "stands_once_written", "goes_forward", "is_kept",
) + standing.drop(
    "enrollment_rosterbatch",
    "begins_plainly", "stands_as_made", "is_of_its_sender", "stands_once_written", "goes_forward",
    "is_undone_by_two",
    "needs_second_person", "is_kept",
)  # fmt: skip

FILES = "".join(
    standing.fixed(table, "roster_file_stands", ("id", owner, "stored_id", "sha256"))
    + standing.refuse(
        table,
        "keeps_its_name",
        "UPDATE",
        f"(OLD.name <> NEW.name OR OLD.withdrawn AND NOT NEW.withdrawn) AND {standing.BY_PORTAL}",
        "roster_file_stands",
    )
    + standing.trigger(
        table, "is_its_content", "INSERT", standing.BY_PORTAL, "enrollment_expect_content()"
    )
    + standing.kept(table, "roster_file_stands")
    for table, owner in (
        ("enrollment_rosterfile", "batch_id"),
        ("enrollment_correctionfile", "correction_id"),
    )
)
FORGET_FILES = "".join(
    standing.drop(table, "stands_as_made", "keeps_its_name", "is_its_content", "is_kept")
    for table in ("enrollment_rosterfile", "enrollment_correctionfile")
)

ROWS = (
    standing.fixed(
        "enrollment_rosterrow", "roster_row_stands", ("id", "batch_id", "file_id", "sheet", "row_no")
    )
    + standing.trigger(
        "enrollment_rosterrow",
        "is_corrected_on_record",
        "UPDATE",
        "OLD.version <> NEW.version OR OLD.raw <> NEW.raw",
        "enrollment_expect_version()",
    )
    + standing.kept("enrollment_rosterrow", "roster_row_stands")
)
FORGET_ROWS = standing.drop(
    "enrollment_rosterrow", "stands_as_made", "is_corrected_on_record", "is_kept"
)

CORRECTIONS = (
    standing.born(
        "enrollment_rostercorrection",
        "correction_stands",
        "NEW.state IN ('READING', 'OPEN') AND NEW.approved_at IS NULL AND NEW.approved_by = ''"
        " AND NEW.approved_by_no = '' AND NEW.applied_at IS NULL",
        portal_only=True,
    )
    + standing.fixed(
        "enrollment_rostercorrection",
        "correction_stands",
        ("id", "batch_id", "source", "made_at", "made_by", "made_by_staff_id"),
    )
    + standing.once(
        "enrollment_rostercorrection",
        "correction_stands",
        ("approved_at", "approved_by", "approved_by_no", "applied_at"),
    )
    + standing.forward(
        "enrollment_rostercorrection",
        "correction_stands",
        (
            ("READING", "OPEN"), ("READING", "REFUSED"), ("READING", "DROPPED"),
            ("OPEN", "READING"), ("OPEN", "AWAITING_APPROVAL"), ("OPEN", "APPLYING"),
            ("OPEN", "DROPPED"), ("AWAITING_APPROVAL", "OPEN"),
            ("AWAITING_APPROVAL", "APPLYING"), ("APPLYING", "APPLIED"),
        ),
        portal_only=True,
    )
    + standing.refuse(
        "enrollment_rostercorrection",
        "knows_the_roll",
        "UPDATE",
        f"{standing.BY_PORTAL} AND (OLD.into_roll <> NEW.into_roll"
        " OR NEW.into_roll AND OLD.state = 'OPEN' AND NEW.state = 'APPLYING')",
        "correction_of_the_roll_after_second_person",
    )
    + standing.asked(
        "enrollment_rostercorrection",
        "correction_of_the_roll_after_second_person",
        ("enrollment.corrections",),
        "APPLYING",
        before="AWAITING_APPROVAL",
        number="approved_by_no",
        at="approved_at",
    )
    + standing.kept("enrollment_rostercorrection", "correction_stands")
)  # fmt: skip
FORGET_CORRECTIONS = standing.drop(
    "enrollment_rostercorrection",
    "begins_plainly", "stands_as_made", "stands_once_written", "goes_forward", "knows_the_roll",
    "needs_second_person", "is_kept",
)  # fmt: skip

_SUMS = (
    "cases", "case_numbers", "ends", "contribution_amount", "refund_amount", "recover_amount",
    "contributions_unknown", "subsidies_unknown",
)  # fmt: skip
_OLD, _NEW = (", ".join(f"{row}.{name}" for name in _SUMS) for row in ("OLD", "NEW"))
DECISIONS = (
    standing.born(
        "enrollment_doubledecision",
        "double_decision_stands",
        "NEW.state = 'SUBMITTED' AND NEW.approved_by_no = '' AND cardinality(NEW.drafters) > 0",
        portal_only=True,
    )
    + standing.fixed(
        "enrollment_doubledecision",
        "double_decision_stands",
        ("id", "kind", "area_id", "rule", "reason", "evidence", "decided_on", "made_by", "made_at"),
    )
    + standing.refuse(
        "enrollment_doubledecision",
        "sums_stand",
        "UPDATE",
        f"OLD.cases > 0 AND ROW({_OLD}) IS DISTINCT FROM ROW({_NEW})",
        "double_decision_stands",
    )
    + standing.once(
        "enrollment_doubledecision",
        "double_decision_stands",
        ("approved_by", "approved_by_no", "approved_at", "applied_at"),
    )
    + standing.forward(
        "enrollment_doubledecision",
        "double_decision_stands",
        (
            ("SUBMITTED", "RETURNED"), ("SUBMITTED", "WITHDRAWN"), ("SUBMITTED", "APPLYING"),
            ("APPLYING", "APPLIED"),
        ),
    )
    + standing.asked(
        "enrollment_doubledecision",
        "double_decision_carried_out_after_approval",
        ("enrollment.double_decision",),
        "APPLYING",
        before="SUBMITTED",
        number="approved_by_no",
        at="approved_at",
    )
    + standing.trigger(
        "enrollment_doubledecision",
        "workers_only_grow",
        "UPDATE",
        "NOT NEW.drafters @> OLD.drafters",
        "enrollment_workers_only_grow()",
    )
    + standing.kept("enrollment_doubledecision", "double_decision_stands")
    + standing.trigger(
        "enrollment_doublecase",
        "is_decided_by_two",
        "UPDATE",
        f"OLD.state <> NEW.state AND NEW.state = 'DECIDED' AND {standing.BY_PORTAL}",
        "enrollment_expect_decision()",
    )
    + standing.fixed(
        "enrollment_doublefact",
        "double_fact_stands",
        (
            "id", "person_id", "kind", "area_id", "scheme", "year", "evidence", "recorded_by",
            "recorded_by_no", "recorded_at",
        ),
    )
    + standing.refuse(
        "enrollment_doublefact",
        "stays_withdrawn",
        "UPDATE",
        "OLD.is_withdrawn AND ROW(NEW.is_withdrawn, NEW.withdrawn_by_no)"
        " IS DISTINCT FROM ROW(OLD.is_withdrawn, OLD.withdrawn_by_no)",
        "double_fact_stands",
    )
    + standing.refuse(
        "enrollment_doublefact",
        "says_who",
        "INSERT OR UPDATE",
        "(NEW.recorded_by_no = '' OR NEW.is_withdrawn AND NEW.withdrawn_by_no = '')"
        f" AND {standing.BY_PORTAL}",
        "double_fact_says_who",
    )
    + standing.kept("enrollment_doublefact", "double_fact_stands")
)  # fmt: skip
FORGET_DECISIONS = (
    standing.drop(
        "enrollment_doublefact", "stands_as_made", "stays_withdrawn", "says_who", "is_kept"
    )
    + standing.drop("enrollment_doublecase", "is_decided_by_two")
    + standing.drop(
        "enrollment_doubledecision",
        "begins_plainly", "stands_as_made", "sums_stand", "stands_once_written", "goes_forward",
        "needs_second_person", "workers_only_grow", "is_kept",
    )
)  # fmt: skip

_VERSIONS = (
    ("enrollment_doubleruleset", "double_rules_stand_as_approved", "enrollment.double_rules"),
    ("enrollment_subsidystandard", "subsidy_stands_as_approved", "enrollment.subsidy"),
)
RULES = "".join(
    standing.born(table, name, "NEW.state = 'DRAFT'", portal_only=True)
    + standing.forward(
        table,
        name,
        (("DRAFT", "SUBMITTED"), ("SUBMITTED", "DRAFT"), ("SUBMITTED", "APPROVED")),
        portal_only=True,
    )
    + standing.asked(
        table, name, (kind,), "APPROVED", before="SUBMITTED", number="approved_by_no",
        at="approved_at",
    )
    for table, name, kind in _VERSIONS
)  # fmt: skip
FORGET_RULES = "".join(
    standing.drop(table, "begins_plainly", "goes_forward", "needs_second_person")
    for table, _name, _kind in _VERSIONS
)

OTHERS = (
    standing.born(
        "enrollment_linkagemodelversion",
        "linkage_model_used_after_second_person",
        "NEW.state = 'DRAFT' OR NEW.origin = 'SHIPPED' AND NEW.number = 1",
        portal_only=True,
    )
    + standing.once(
        "enrollment_linkagemodelversion",
        "linkage_model_terms_stay",
        ("approved_at", "approved_by", "approved_by_staff_id", "retired_at"),
    )
    + standing.asked(
        "enrollment_linkagemodelversion",
        "linkage_model_used_after_second_person",
        ("enrollment.linkage_model",),
        "IN_USE",
        before="SUBMITTED",
        number="approved_by_no",
        at="approved_at",
    )
    + standing.trigger(
        "enrollment_linkagemodelversion",
        "workers_only_grow",
        "UPDATE",
        "NOT NEW.drafters @> OLD.drafters",
        "enrollment_workers_only_grow()",
    )
    + standing.born(
        "enrollment_signedproof", "proof_stands_as_signed", "NEW.state = 'PREPARED'",
        portal_only=True,
    )
    + standing.forward(
        "enrollment_signedproof",
        "proof_stands_as_signed",
        (("PREPARED", "SIGNED"), ("PREPARED", "RETURNED"), ("PREPARED", "WITHDRAWN")),
        portal_only=True,
    )
    + standing.asked(
        "enrollment_signedproof", "proof_signed_by_two", ("enrollment.proof",), "SIGNED",
        before="PREPARED", number="signed_by_no", at="signed_at",
    )
    + standing.names(
        "enrollment_signedproof", "named_by_own_number", "prepared_by_id", "prepared_by_no"
    )
    + standing.names(
        "enrollment_signedproof", "named_by_own_number", "signed_by_id", "signed_by_no"
    )
    + standing.names("enrollment_pairdecision", "named_by_own_number", "by_id", "by_staff_no")
    + standing.names("enrollment_secondanswer", "named_by_own_number", "by_id", "by_staff_no")
    + standing.trigger(
        "enrollment_reviewterms",
        "were_approved",
        "INSERT",
        standing.BY_PORTAL,
        "enrollment_expect_approved_terms()",
    )
    + standing.trigger(
        "enrollment_decisionundo",
        "was_approved",
        "INSERT",
        f"NEW.cause = 'REQUEST' AND {standing.BY_PORTAL}",
        "enrollment_expect_approved_undo()",
    )
    + standing.born(
        "enrollment_rowmoverequest", "row_move_stands", "NEW.state = 'ASKED'", portal_only=True
    )
    + standing.fixed(
        "enrollment_rowmoverequest",
        "row_move_stands",
        ("id", "row_id", "reason", "by_id", "by_text", "at"),
    )
    + standing.forward(
        "enrollment_rowmoverequest",
        "row_move_stands",
        (
            ("ASKED", "APPROVED"), ("ASKED", "DROPPED"), ("APPROVED", "DONE"),
            ("APPROVED", "DROPPED"),
        ),
    )
    + standing.asked(
        "enrollment_rowmoverequest", "row_move_stands", ("enrollment.row_move",), "APPROVED",
        before="ASKED",
    )
)  # fmt: skip
FORGET_OTHERS = (
    standing.drop(
        "enrollment_rowmoverequest",
        "begins_plainly", "stands_as_made", "goes_forward", "needs_second_person",
    )
    + standing.drop("enrollment_decisionundo", "was_approved")
    + standing.drop("enrollment_reviewterms", "were_approved")
    + standing.drop("enrollment_secondanswer", "names_by_id")
    + standing.drop("enrollment_pairdecision", "names_by_id")
    + standing.drop(
        "enrollment_signedproof",
        "begins_plainly", "goes_forward", "needs_second_person", "names_prepared_by_id",
        "names_signed_by_id",
    )
    + standing.drop(
        "enrollment_linkagemodelversion",
        "begins_plainly", "stands_once_written", "needs_second_person", "workers_only_grow",
    )
)  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0010_what_was_laid_down_stands'),
        ('enrollment', '0026_rosters_are_undone'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='doublefact',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='doublefact',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='doubledecision',
            name='approved_by_no',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='doubledecision',
            name='drafters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='doublefact',
            name='recorded_by_no',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='doublefact',
            name='withdrawn_by_no',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='doublefactevent',
            name='recorded_by_no',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='doublefactevent',
            name='withdrawn_by_no',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='doublefact',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "enrollment_doublefactevent" ("area_id", "evidence", "id", "is_withdrawn", "kind", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by", "recorded_by_no", "scheme", "withdrawn_by_no", "year") SELECT old_values."area_id", old_values."evidence", old_values."id", old_values."is_withdrawn", old_values."kind", old_values."person_id", _pgh_attached_context.value, NOW(), \'update\', old_values."id", old_values."recorded_at", old_values."recorded_by", old_values."recorded_by_no", old_values."scheme", old_values."withdrawn_by_no", old_values."year" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f3a67b36b2087e39dd9e9a52aa4bed5f4d0b4d24', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_669f2', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='enrollment_doublefact', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='doublefact',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "enrollment_doublefactevent" ("area_id", "evidence", "id", "is_withdrawn", "kind", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by", "recorded_by_no", "scheme", "withdrawn_by_no", "year") SELECT old_values."area_id", old_values."evidence", old_values."id", old_values."is_withdrawn", old_values."kind", old_values."person_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."recorded_at", old_values."recorded_by", old_values."recorded_by_no", old_values."scheme", old_values."withdrawn_by_no", old_values."year" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='778cdc4143512982afb71352527b6d7ab35e1267', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_f7be3', referencing='REFERENCING OLD TABLE AS old_values ', table='enrollment_doublefact', when='AFTER')),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='doubledecision',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by_no', ''), models.Q(('drafters__contains', [models.F('approved_by_no')]), _negated=True), _connector='OR'), name='double_decision_approved_by_another'),
        ),
        migrations.RunSQL(FUNCTIONS, FORGET_FUNCTIONS),
        migrations.RunSQL(ROSTERS, FORGET_ROSTERS),
        migrations.RunSQL(FILES, FORGET_FILES),
        migrations.RunSQL(ROWS, FORGET_ROWS),
        migrations.RunSQL(CORRECTIONS, FORGET_CORRECTIONS),
        migrations.RunSQL(DECISIONS, FORGET_DECISIONS),
        migrations.RunSQL(RULES, FORGET_RULES),
        migrations.RunSQL(OTHERS, FORGET_OTHERS),
    ]
