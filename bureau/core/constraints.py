"""The sentences for what the core tables refuse, and the core's invariants."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant, say

say(
    {
        "approval_not_by_its_maker": _(
            "You made this request yourself; another member of staff must decide it."
        ),
        "approval_decision_is_complete": _("A decision needs who decided and when."),
        "approval_return_has_a_note": _("Say why you return it."),
        "approval_stands_as_made_and_decided": _(
            "Who made a request, and what was decided, never change."
        ),
        "approval_begins_waiting": _("A request begins by waiting for a second person."),
        "named_by_own_number": _("The staff number beside an account is that person's own."),
        "export_stands": _("What was asked for, approved and handed out of a file never changes."),
        "stored_file_stands": _("Which file was stored, and its digest, never change."),
        "parameter_stands": _("A value of a parameter never changes; propose another one."),
        "job_stands": _("What a job is about, and how it ended, never change."),
        "history_context_stands": _("Who made a change never changes."),
        "staff_number_stays": _("A staff number stays as first given."),
        "staff_is_kept": _("An account is shut out, never removed."),
        "approval_one_open_per_target": _("A request for this already awaits approval."),
        "approval_not_by_makers_delegate": _(
            "The one who made this left approvals to you; another member of staff must decide it."
        ),
        "notification_once": _("The member of staff was told of this already."),
        "subscription_once": _("There is such a subscription already."),
        "subscription_of_rosters_has_an_area": _("Rosters are followed by area."),
        "delegation_to_another": _("Approvals are left to another member of staff."),
        "delegation_has_an_end_and_a_reason": _("A delegation has a last day and a reason."),
        "delegation_ended_by_somebody": _("A delegation that was ended says by whom."),
        "delegation_to_one_at_a_time": _(
            "These approvals are left to somebody in that time already; end that first."
        ),
        "area_only_the_city_has_no_parent": _(
            "The city lies under no area; every other area lies under one."
        ),
        "area_code_is_digits": _("An area code has 6 to 12 digits."),
        "area_lies_below_its_parent": _("An area lies under one of a higher level."),
        "core_area_code_key": _("There is an area with this code already."),
        "core_area_path_key": _("There is an area with this code already."),
        "core_codetable_code_key": _("There is a code table with this code already."),
        "code_value_once_per_table": _("The code table has this value already."),
        "staff_number_is_given": _("A member of staff has a staff number."),
        "core_staff_username_key": _("There is an account with this user name already."),
        "role_grant_once_at_a_time": _(
            "The member of staff has this role in this area at that time already."
        ),
        "role_grant_three_powers_apart": _(
            "System, security and audit administration are never joined in one person."
        ),
        "power_by_two_people": _(
            "Roles and accounts change only after another security administrator approved it."
        ),
        "power_stands": _("What was asked and approved about powers never changes."),
        "power_not_for_oneself": _("Nobody gives powers to the own person, or approves them."),
        "power_approved_by_another": _(
            "Neither who asks nor whom it is about approves a wish about powers."
        ),
        "power_asked_once": _("This awaits approval already."),
        "job_one_unfinished_per_key": _("A job for the same thing is waiting or running."),
        "job_attempts_within_reason": _("The job was tried too often."),
        "job_finished_has_its_instant": _("A job that has ended says when."),
        "job_done_units_within_total": _("A job cannot have done more than there is."),
        "due_run_asked_for_once": _("This run of the timetable was asked for already."),
        "core_storedfile_path_key": _("There is a file in this place already."),
        "audit_event_is_append_only": _("The audit trail is never changed or removed."),
        "access_log_is_append_only": _("The access log is never changed or removed."),
        "parameter_in_force_was_approved": _("A value is in force only when it was approved."),
        "parameter_not_approved_by_its_proposer": _(
            "You made this request yourself; another member of staff must decide it."
        ),
        "parameter_one_proposal_at_a_time": _("A value of this parameter awaits approval already."),
        "export_waits_for_its_approval": _("This file is made only after its approval."),
        "export_in_full_needs_approval": _("Fields in full need a second person's approval."),
        "export_not_approved_by_its_asker": _(
            "You made this request yourself; another member of staff must decide it."
        ),
        "export_with_approval_has_a_purpose": _("Say what the file is for."),
        "export_ready_has_a_file_and_an_end": _("A file that is ready says until when."),
        "export_fetched_as_often_as_allowed": _("This file was fetched already."),
        "core_dataexport_file_id_key": _("This file belongs to another export."),
        "saved_filter_once_per_name": _("You keep a filter of this name for this list already."),
        "saved_filter_has_a_name": _("Give the filter a name."),
        "saved_filter_of_a_team_names_it": _("A filter for a team says which team."),
        "saved_filter_names_no_person": _("A saved filter holds no identity or telephone number."),
        "list_setting_is_own_or_a_preset": _(
            "A setting of a list is a member's own, or a named preset of a team."
        ),
        "list_setting_once": _("There is a setting of this list already."),
        "list_preset_once_per_name": _("The team has a preset of this name already."),
        "core_staffsession_session_key_key": _("This session is known already."),
    }
)

#: Time for which a job may lie untouched while the portal evidently ran (other jobs gave signs).
ABANDONED = "interval '10 minutes'"


@invariant("job_in_one_legal_state", _("A job is waiting, running under a lease, or has ended."))
def _jobs() -> str:
    return f"""
        SELECT id, kind, state FROM core_job
        WHERE (state = 'RUNNING') <> (lease_until IS NOT NULL)
           OR (state = 'RUNNING' AND (fence = 0 OR started_at IS NULL))
           OR (state = 'DONE' AND finished_at < started_at)
           OR attempts > {settings.JOB_MAX_ATTEMPTS:d}
    """  # noqa: S608 (own number)


@invariant("job_is_picked_up", _("A job that is due, or whose worker died, is sent to a worker."))
def _picked_up() -> str:
    return f"""
        SELECT job.id, job.kind, job.state FROM core_job job
        CROSS JOIN (SELECT max(heartbeat_at) AS at FROM core_job) last_sign
        WHERE job.state IN ('QUEUED', 'RUNNING')
          AND greatest(job.due_at, job.lease_until, job.sent_at) + {ABANDONED} < last_sign.at
    """  # noqa: S608 (own text)


@invariant("maker_is_never_checker", _("Nobody decided a request of their own."))
def _four_eyes() -> str:
    return """
        SELECT request.id, request.kind FROM core_approvalrequest request
        JOIN core_staff maker ON maker.id = request.maker_id
        JOIN core_staff checker ON checker.id = request.checker_id
        WHERE maker.id = checker.id OR maker.staff_no = checker.staff_no
           OR request.maker_staff_no = request.checker_staff_no
    """


@invariant("decided_approval_is_in_the_trail", _("Every decision stands in the audit trail."))
def _decisions_recorded() -> str:
    return """
        SELECT request.id, request.state FROM core_approvalrequest request
        WHERE request.state IN ('APPROVED', 'RETURNED') AND NOT EXISTS (
            SELECT FROM core_auditevent event
            WHERE event.target_label = 'core.approvalrequest'
              AND event.target_id = request.id::text
              AND event.kind IN ('approval.approve', 'approval.return')
        )
    """


@invariant("area_path_is_the_chain_of_codes", _("An area's path is its parent's and its code."))
def _area_paths() -> str:
    return """
        SELECT area.code, area.path FROM core_area area
        LEFT JOIN core_area parent ON parent.id = area.parent_id
        WHERE area.path <> coalesce(parent.path, '') || area.code || '/'
           OR core_area_rank(parent.level) >= core_area_rank(area.level)
    """


@invariant("three_powers_apart", _("Nobody joins two of the three administrative powers."))
def _three_powers() -> str:
    return """
        SELECT one.id, one.role FROM core_rolegrant one
        JOIN core_staff holder ON holder.id = one.staff_id
        JOIN core_staff twin ON twin.staff_no = holder.staff_no
        JOIN core_rolegrant other ON other.staff_id = twin.id AND other.role <> one.role
        WHERE one.role IN ('SYSTEM_ADMINISTRATOR', 'SECURITY_ADMINISTRATOR', 'AUDITOR')
          AND other.role IN ('SYSTEM_ADMINISTRATOR', 'SECURITY_ADMINISTRATOR', 'AUDITOR')
          AND one.period && other.period
    """


@invariant(
    "role_by_the_portal_was_approved_by_another",
    _("Every role that names a request was approved by another than who asked or holds it."),
)
def _powers_by_two() -> str:
    return """
        SELECT one.id, one.role FROM core_rolegrant one
        JOIN core_staff holder ON holder.id = one.staff_id
        JOIN core_approvalrequest request ON request.id = one.approval_id
        WHERE request.kind <> 'core.power' OR request.state <> 'APPROVED'
           OR request.checker_staff_no IN (request.maker_staff_no, holder.staff_no)
           OR request.maker_staff_no = holder.staff_no
    """


@invariant("stored_file_is_whole", _("A stored file has a size, a digest and a place."))
def _stored_files() -> str:
    return """
        SELECT id, path FROM core_storedfile
        WHERE size < 0 OR sha256 !~ '^[0-9a-f]{64}$' OR path = '' OR path ~ '(^/|[.][.])'
    """


@invariant(
    "export_in_full_had_a_second_person",
    _("Every file with a field in full was approved by another person than its asker."),
)
def _exports_approved() -> str:
    return """
        SELECT export.id, export.state FROM core_dataexport export
        JOIN core_staff asker ON asker.id = export.asked_by_id
        LEFT JOIN core_staff checker ON checker.id = export.approved_by_id
        WHERE (export.file_id IS NOT NULL AND export.needs_approval AND checker.id IS NULL)
           OR checker.staff_no = asker.staff_no
           OR (jsonb_array_length(export.bare) > 0 AND NOT export.needs_approval)
    """


@invariant("history_has_no_password", _("The change history keeps no password."))
def _no_passwords() -> str:
    return """
        SELECT column_name FROM information_schema.columns
        WHERE table_name = 'core_staffevent' AND column_name IN ('password', 'last_login')
    """
