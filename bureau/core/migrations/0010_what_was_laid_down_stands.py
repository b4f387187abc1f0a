"""What was promised, approved, stored or done stands, whoever asks the database to change it.

The web server and the workers write SQL; somebody who makes them write his own must not rewrite who
approved what, nor make a request that is approved from its birth.
"""

from django.db import migrations

from bureau.core import standing

PORTAL = """
CREATE FUNCTION core_is_portal() RETURNS boolean LANGUAGE sql STABLE
AS $$ SELECT current_user IN ('app_web', 'app_worker') $$;

CREATE FUNCTION core_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % stands (%)', TG_OP, TG_TABLE_NAME, TG_NAME
        USING ERRCODE = '23514', CONSTRAINT = TG_ARGV[0];
END $$;

-- Arguments: constraint, kinds of request, column of the approver's number, column of the instant.
CREATE FUNCTION core_expect_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := to_jsonb(NEW);
BEGIN
    IF NOT EXISTS (
        SELECT FROM core_approvalrequest request
        WHERE request.kind = ANY (string_to_array(TG_ARGV[1], ' '))
          AND request.target_id = NEW.id AND request.state = 'APPROVED'
          AND (TG_ARGV[2] = '' OR request.checker_staff_no = said ->> TG_ARGV[2])
          AND (TG_ARGV[3] = '' OR request.checked_at = (said ->> TG_ARGV[3])::timestamptz)
    ) THEN
        RAISE EXCEPTION '% of % has no approved request', NEW.id, TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = TG_ARGV[0];
    END IF;
    RETURN NEW;
END $$;

-- Arguments: constraint, column of the account, column of the number.
CREATE FUNCTION core_expect_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := to_jsonb(NEW);
BEGIN
    IF NOT EXISTS (
        SELECT FROM core_staff staff
        WHERE staff.id = (said ->> TG_ARGV[1])::bigint AND staff.staff_no = said ->> TG_ARGV[2]
    ) THEN
        RAISE EXCEPTION '% of % names a staff number that is another''s', said ->> 'id', TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = TG_ARGV[0];
    END IF;
    RETURN NEW;
END $$;
"""
FORGET_PORTAL = """
DROP FUNCTION core_expect_number;
DROP FUNCTION core_expect_request;
DROP FUNCTION core_refuse;
DROP FUNCTION core_is_portal;
"""

APPROVALS = (
    standing.born(
        "core_approvalrequest",
        "approval_begins_waiting",
        "NEW.state = 'PENDING' AND NEW.checker_id IS NULL AND NEW.checker_staff_no = ''"
        " AND NEW.checked_at IS NULL AND NEW.note = ''",
    )
    + standing.fixed(
        "core_approvalrequest",
        "approval_stands_as_made_and_decided",
        (
            "id", "kind", "target_label", "target_id", "title", "area_id", "summary", "changes",
            "amount", "reason", "maker_id", "maker_staff_no", "made_at", "due_at",
        ),
    )
    + standing.names("core_approvalrequest", "named_by_own_number", "maker_id", "maker_staff_no")
    + standing.names(
        "core_approvalrequest", "named_by_own_number", "checker_id", "checker_staff_no"
    )
)  # fmt: skip
FORGET_APPROVALS = standing.drop(
    "core_approvalrequest",
    "begins_plainly", "stands_as_made", "names_maker_id", "names_checker_id",
)  # fmt: skip

EXPORTS = (
    standing.born(
        "core_dataexport",
        "export_stands",
        "NEW.state = CASE WHEN NEW.needs_approval THEN 'WAITING' ELSE 'ALLOWED' END"
        " AND NEW.approved_by_id IS NULL AND NEW.approved_at IS NULL AND NEW.file_id IS NULL"
        " AND NEW.fetches = 0 AND NEW.mark = '' AND NEW.revoked_at IS NULL",
        portal_only=True,
    )
    + standing.fixed(
        "core_dataexport",
        "export_stands",
        (
            "id", "list_id", "route", "kwargs", "query", "row_numbers", "columns", "bare",
            "file_format", "language", "is_personal", "rows_expected", "purpose", "asked_by_id",
            "asked_at", "area_id", "paths", "needs_approval", "hours_open", "fetches_allowed",
        ),
    )
    + standing.once(
        "core_dataexport",
        "export_stands",
        (
            "approved_by_id", "approved_at", "file_id", "rows_written", "mark", "revoked_by",
            "revoked_at",
        ),
    )
    + standing.refuse(
        "core_dataexport",
        "ends_as_said",
        "UPDATE",
        "NEW.fetches < OLD.fetches OR NEW.expires_at > OLD.expires_at"
        " OR OLD.expires_at IS NOT NULL AND NEW.expires_at IS NULL",
        "export_stands",
    )
    + standing.forward(
        "core_dataexport",
        "export_stands",
        (
            ("WAITING", "ALLOWED"), ("WAITING", "RETURNED"), ("WAITING", "REVOKED"),
            ("ALLOWED", "READY"), ("ALLOWED", "REVOKED"), ("READY", "REVOKED"),
        ),
    )
    + standing.asked(
        "core_dataexport",
        "export_waits_for_its_approval",
        ("core.export", "core.export_in_full"),
        "ALLOWED",
        before="WAITING",
        at="approved_at",
    )
    + standing.kept("core_dataexport", "export_stands")
)  # fmt: skip
FORGET_EXPORTS = standing.drop(
    "core_dataexport",
    "begins_plainly", "stands_as_made", "stands_once_written", "ends_as_said", "goes_forward",
    "needs_second_person", "is_kept",
)  # fmt: skip

FILES = (
    standing.fixed(
        "core_storedfile",
        "stored_file_stands",
        (
            "id", "original_name", "path", "sha256", "size", "area_id", "owner_id",
            "created_at", "purge_after",
        ),
    )
    + standing.once("core_storedfile", "stored_file_stands", ("purged_at",))
    + standing.kept("core_storedfile", "stored_file_stands")
)  # fmt: skip
FORGET_FILES = standing.drop(
    "core_storedfile", "stands_as_made", "stands_once_written", "is_kept"
)

PARAMETERS = (
    standing.born(
        "core_parameterversion",
        "parameter_stands",
        "NEW.state = 'PROPOSED' AND NEW.approved_by_id IS NULL AND NEW.approved_at IS NULL",
        portal_only=True,
    )
    + standing.fixed(
        "core_parameterversion",
        "parameter_stands",
        ("id", "key", "value", "starts_on", "source", "proposed_by_id", "proposed_at"),
    )
    + standing.once("core_parameterversion", "parameter_stands", ("approved_by_id", "approved_at"))
    + standing.forward(
        "core_parameterversion",
        "parameter_stands",
        (("PROPOSED", "APPROVED"), ("PROPOSED", "RETURNED")),
    )
    + standing.asked(
        "core_parameterversion",
        "parameter_in_force_was_approved",
        ("core.parameter",),
        "APPROVED",
        before="PROPOSED",
        at="approved_at",
    )
    + standing.kept("core_parameterversion", "parameter_stands")
)  # fmt: skip
FORGET_PARAMETERS = standing.drop(
    "core_parameterversion",
    "begins_plainly", "stands_as_made", "stands_once_written", "goes_forward",
    "needs_second_person", "is_kept",
)  # fmt: skip

JOBS = (
    standing.fixed(
        "core_job",
        "job_stands",
        (
            "id", "kind", "key", "arguments", "area_id", "requested_by_id", "requested_by_text",
            "requested_at",
        ),
        portal_only=True,
    )
    + standing.refuse(
        "core_job",
        "outcome_stands",
        "UPDATE",
        "NEW.fence < OLD.fence OR OLD.state = 'DONE' AND"
        " ROW(OLD.state, OLD.result, OLD.checkpoint, OLD.units_done, OLD.finished_at)"
        " IS DISTINCT FROM"
        " ROW(NEW.state, NEW.result, NEW.checkpoint, NEW.units_done, NEW.finished_at)",
        "job_stands",
    )
    + standing.forward(
        "core_job",
        "job_stands",
        (
            ("QUEUED", "RUNNING"), ("QUEUED", "CANCELLED"), ("QUEUED", "FAILED"),
            ("RUNNING", "QUEUED"), ("RUNNING", "DONE"), ("RUNNING", "FAILED"),
            ("RUNNING", "CANCELLED"), ("FAILED", "QUEUED"), ("CANCELLED", "QUEUED"),
        ),
        portal_only=True,
    )
    + standing.kept("core_job", "job_stands")
)  # fmt: skip
FORGET_JOBS = standing.drop(
    "core_job", "stands_as_made", "outcome_stands", "goes_forward", "is_kept"
)

# The history's trigger writes who acts into this table, and again when a reason is given meanwhile.
# That is all that changes; who acted does not, nor anything of old.
HISTORY = """
CREATE FUNCTION core_history_context_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.created_at <> OLD.created_at
       OR NEW.metadata - 'reason' IS DISTINCT FROM OLD.metadata - 'reason'
       OR coalesce(OLD.metadata ->> 'reason', '') <> ''
          AND NEW.metadata ->> 'reason' IS DISTINCT FROM OLD.metadata ->> 'reason'
       OR OLD.created_at < now() - interval '1 hour'
    THEN
        RAISE EXCEPTION 'who made the changes % stands', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'history_context_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stands_as_made BEFORE UPDATE ON pghistory_context
FOR EACH ROW WHEN (core_is_portal()) EXECUTE FUNCTION core_history_context_stands();
""" + standing.kept("pghistory_context", "history_context_stands")
FORGET_HISTORY = (
    standing.drop("pghistory_context", "stands_as_made", "is_kept")
    + "DROP FUNCTION core_history_context_stands;"
)

# A staff number says who a person is in every approval; only the operator mends one.
NUMBERS = standing.refuse(
    "core_staff",
    "number_stays",
    "UPDATE",
    f"OLD.staff_no <> NEW.staff_no AND {standing.BY_PORTAL}",
    "staff_number_stays",
) + standing.kept("core_staff", "staff_is_kept")
FORGET_NUMBERS = standing.drop("core_staff", "number_stays", "is_kept")


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0009_runs_of_the_timetable"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.RunSQL(PORTAL, FORGET_PORTAL),
        migrations.RunSQL(APPROVALS, FORGET_APPROVALS),
        migrations.RunSQL(EXPORTS, FORGET_EXPORTS),
        migrations.RunSQL(FILES, FORGET_FILES),
        migrations.RunSQL(PARAMETERS, FORGET_PARAMETERS),
        migrations.RunSQL(JOBS, FORGET_JOBS),
        migrations.RunSQL(HISTORY, FORGET_HISTORY),
        migrations.RunSQL(NUMBERS, FORGET_NUMBERS),
    ]
