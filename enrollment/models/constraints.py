"""Sentences for what the tables of enrollment refuse; the invariants of rosters and the roll."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant, say

say(
    {
        "coverage_no_two_in_force_on_a_day": _(
            "The person is insured on some of these days already; two basic coverages on one day "
            "are not possible."
        ),
        "coverage_period_not_empty": _("A period of coverage has at least one day."),
        "enrollment_coveragespell_source_row_id_key": _("The roster row has its coverage already."),
        "person_has_a_name": _("A person has a name."),
        "person_merged_points_at_kept": _("A merged file, and no other, names the file kept."),
        "identifier_once_per_person": _("The person has this number already."),
        "identifier_resident_number_of_one_person": _(
            "Another person has this identity number at that time."
        ),
        "household_number_once_per_source": _(
            "The list has a household of this number in this village already."
        ),
        "household_member_once": _("The person belongs to this household already."),
        "roll_is_one": _("There is one roll."),
        "enrollment_roll_applying_batch_id_key": _("The roster is being applied already."),
        "rosterbatch_every_row_has_one_outcome": _(
            "The roster does not add up: each row read has exactly one outcome."
        ),
        "rosterbatch_applied_after_second_person": _(
            "A roster is applied only after a second person approved it."
        ),
        "roster_stands": _(
            "What a roster is, and who approved it, never change; a roster goes forward only."
        ),
        "roster_undo_stands": _(
            "What was asked and approved about undoing a roster never changes."
        ),
        "roster_file_stands": _("Which file was sent, and its digest, never change."),
        "roster_row_stands": _(
            "A row stays as it was written; a correction keeps what it was on record."
        ),
        "correction_stands": _(
            "What corrections are of, and who approved them, never change; they go forward only."
        ),
        "roster_file_content_once": _("A file of the same content was received already."),
        "link_told_by_another_roster": _(
            "A waiting row finds its person by another roster than its own."
        ),
        "found_person_once": _("A roster tells once whose a waiting row is."),
        "found_person_score_is_a_share": _("The score of a link lies between 0 and 1."),
        "roster_settled_are_among_held": _(
            "Rows for which nothing more is to be done are among those held or rejected."
        ),
        "judgement_once_for_the_same_values": _(
            "The same problem of the same values was found right as it is already."
        ),
        "judgement_has_evidence": _("Nothing is found right without evidence."),
        "row_judgement_is_append_only": _(
            "What was found right as it is stays on record and is not changed."
        ),
        "correction_every_line_has_one_verdict": _(
            "The corrections do not add up: each line read comes to exactly one thing."
        ),
        "correction_of_the_roll_after_second_person": _(
            "Corrections of a roster on the roll are applied only after a second person approved "
            "them."
        ),
        "correction_one_in_work_per_roster": _(
            "Other corrections of this roster are being applied. Wait until they are done, then "
            "try again."
        ),
        "correction_one_page_open_per_clerk": _(
            "You have corrections of this roster under way already; further rows join them."
        ),
        "correction_file_content_once": _("A file of the same content was loaded already."),
        "corrected_row_once_per_correction": _(
            "These corrections have a line of this row already."
        ),
        "row_version_once": _("This version of the row is on record already."),
        "row_version_is_append_only": _("Superseded rows are never changed or removed."),
        "roster_row_place_once": _("This row of the file was read already."),
        "link_score_is_a_share": _("The score of a link lies between 0 and 1."),
        "linkage_model_number_once": _("This version of the linkage model exists already."),
        "linkage_model_one_in_use": _("Another version of the linkage model is in use."),
        "linkage_model_used_after_second_person": _(
            "A version of the linkage model is used only after a second person approved it."
        ),
        "linkage_model_retired_on_a_day": _("A retired version says when it was retired."),
        "linkage_model_terms_stay": _(
            "What a version of the linkage model says never changes; make a new version."
        ),
        "linkage_model_not_back": _(
            "A version of the linkage model is drafted, submitted, used and retired; a used one is "
            "never a draft again."
        ),
        "linkage_model_approved_by_another": _(
            "Whoever drafted, trained, tried or submitted a version does not approve it."
        ),
        "linkage_run_stands": _("Runs of a linkage model stay on record as they were."),
        "enrollment_linkagerun_job_id_key": _("A job has one run of a linkage model."),
        "enrollment_dedupecount_job_id_key": _("A job counts duplicates once."),
        "dedupe_line_once": _("A count has one line for each area and source."),
        "dedupe_stages_in_order": _("No stage of the count has more rows than the one before."),
        "link_doubt_open_once": _("This link is in doubt already."),
        "link_doubt_answer_is_complete": _("An answer to a doubt needs who gave it and when."),
        "linkage_model_kept": _("Versions of the linkage model are never removed."),
        "pair_once": _("These two rows are a pair to decide already."),
        "pair_in_order_of_rows": _("A pair consists of two different rows, the earlier first."),
        "pair_decision_is_complete": _("A decision needs who decided and when."),
    }
)


@invariant("roster_rows_add_up", _("Every row of a checked roster is counted under one outcome."))
def _rows_add_up() -> str:
    return """
        SELECT batch.id, batch.state FROM enrollment_rosterbatch batch
        LEFT JOIN LATERAL (
            SELECT count(*) AS rows,
                   count(*) FILTER (WHERE outcome = 'ACCEPTED') AS accepted,
                   count(*) FILTER (WHERE outcome = 'FIXED') AS fixed,
                   count(*) FILTER (WHERE outcome = 'REVIEW') AS review,
                   count(*) FILTER (WHERE outcome = 'REJECTED') AS rejected,
                   count(*) FILTER (WHERE outcome = 'REVIEW' AND is_settled) AS review_settled,
                   count(*) FILTER (WHERE outcome = 'REJECTED' AND is_settled) AS rejected_settled
            FROM enrollment_rosterrow staged WHERE staged.batch_id = batch.id
        ) counted ON true
        WHERE batch.checked_at IS NOT NULL
          AND (batch.rows_read, batch.rows_accepted, batch.rows_fixed, batch.rows_review,
               batch.rows_rejected, batch.review_settled, batch.rejected_settled)
              IS DISTINCT FROM (counted.rows, counted.accepted, counted.fixed, counted.review,
                                counted.rejected, counted.review_settled,
                                counted.rejected_settled)
    """


@invariant(
    "applied_row_is_covered",
    _("Every clean row of an applied roster has its person, and every linked row its coverage."),
)
def _applied_rows_are_covered() -> str:
    return """
        SELECT staged.id, staged.batch_id FROM enrollment_rosterrow staged
        JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id AND batch.state = 'APPLIED'
        LEFT JOIN enrollment_rosterlink link ON link.row_id = staged.id
        LEFT JOIN enrollment_person person ON person.id = link.person_id
        LEFT JOIN enrollment_coveragespell spell ON spell.source_row_id = staged.id
        -- A row for which another edition's row stands is covered by that one.
        WHERE (staged.outcome IN ('ACCEPTED', 'FIXED') AND link.row_id IS NULL
               AND staged.stands_by_id IS NULL)
           OR (link.row_id IS NOT NULL AND (person.id IS NULL OR spell.id IS NULL))
    """


@invariant("nobody_is_insured_twice", _("Nobody has two basic coverages in force on one day."))
def _insured_once() -> str:
    return """
        SELECT person_id, id FROM (
            SELECT person_id, id, period,
                   max(coalesce(upper(period), 'infinity')) OVER (
                       PARTITION BY person_id ORDER BY lower(period) NULLS FIRST, id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS covered_until
            FROM enrollment_coveragespell WHERE state = 'IN_FORCE'
        ) spell
        WHERE coalesce(lower(period), '-infinity') < covered_until
    """


@invariant(
    "double_enrollment_has_its_other",
    _("A double enrollment stands beside another coverage of the same days."),
)
def _doubles_have_another() -> str:
    return """
        SELECT spell.id, spell.person_id FROM enrollment_coveragespell spell
        WHERE spell.state = 'DOUBLE' AND NOT EXISTS (
            SELECT FROM enrollment_coveragespell other
            WHERE other.person_id = spell.person_id AND other.id <> spell.id
              AND other.state IN ('IN_FORCE', 'DOUBLE') AND other.period && spell.period)
    """


@invariant("roster_applied_once", _("An applied roster stands in the audit trail, once."))
def _applied_once() -> str:
    return """
        SELECT batch.id, batch.state FROM enrollment_rosterbatch batch
        LEFT JOIN core_auditevent event
               ON event.kind = 'roster.applied' AND event.target_id = batch.id::text
        GROUP BY batch.id HAVING count(event.id)
               <> (batch.state IN ('APPLIED', 'UNDOING', 'UNDONE'))::int
    """


@invariant("roll_is_held_by_its_roster", _("Only a roster that is being applied holds the roll."))
def _roll_holder() -> str:
    return """
        SELECT roll.applying_batch_id FROM enrollment_roll roll
        JOIN enrollment_rosterbatch batch ON batch.id = roll.applying_batch_id
        WHERE batch.state NOT IN ('APPLYING', 'UNDOING')
          AND NOT EXISTS (SELECT FROM enrollment_rostercorrection correction
                          WHERE correction.batch_id = batch.id AND correction.state = 'APPLYING')
    """
