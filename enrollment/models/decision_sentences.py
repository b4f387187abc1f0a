"""Sentences for what the tables of decisions and merges refuse."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import say

_STANDS = _("Decisions, and what followed from them, are never changed or removed; take them back.")

say(
    {
        "review_terms_stand": _("Former terms of review stay; new ones are added."),
        "review_terms_were_approved": _(
            "Terms of review hold only after a second person approved them."
        ),
        "review_terms_within_reason": _(
            "A packet has 1 to 200 pairs, is in hand 1 to 600 minutes, and the share of second "
            "looks lies between 0 and 1."
        ),
        "packet_one_in_hand_per_clerk": _(
            "You have a packet in hand already; hand it in or give it back first."
        ),
        "packet_closed_in_some_way": _("A packet that is closed says how it ended."),
        "packet_pair_once": _("The packet has this pair already."),
        "packet_pair_in_one_hand": _("Another clerk has this pair in hand."),
        "decision_turn_once": _("Someone else decided this pair at the same moment."),
        "decision_one_in_effect": _("This pair is decided already; take that decision back first."),
        "decision_about_a_number_has_a_reason": _(
            "Whoever tells two people of one number apart says whose it is, and why."
        ),
        "decision_bundle_stands": _STANDS,
        "decision_in_one_request": _("This decision waits for a second person already."),
        "bundled_decision_returned_with_a_reason": _("Say why you return it."),
        "bundled_decision_settled_by_somebody": _(
            "What became of a decision in a request says who decided it and when."
        ),
        "bundled_decision_stands": _(
            "What a second person was told of a decision, and what came of it, never changes."
        ),
        "bundled_decision_after_second_person": _(
            "A decision is approved only with the request in which it waits."
        ),
        "decision_on_the_roll_only": _(
            "Pairs are decided once their roster has been applied to the roll."
        ),
        "decision_stands": _STANDS,
        "undo_stands": _STANDS,
        "decision_stage_stands": _STANDS,
        "second_look_stands": _STANDS,
        "second_answer_stands": _STANDS,
        "merge_stands": _STANDS,
        "merge_undo_stands": _STANDS,
        "row_move_stands": _STANDS,
        "moved_thing_stands": _STANDS,
        "value_choice_stands": _STANDS,
        "enrollment_decisionundo_decision_id_key": _("This decision was taken back before."),
        "undo_on_request_was_approved": _(
            "What stands on the roll is taken back only after a second person approved it."
        ),
        "decision_stage_once": _("The decision has reached this stage already."),
        "enrollment_secondlook_decision_id_key": _("This decision was drawn already."),
        "enrollment_secondanswer_look_id_key": _("Somebody has looked at this a second time."),
        "second_answer_is_a_decision": _("A second look ends with a decision."),
        "second_look_by_another": _(
            "You decided this pair first; somebody else has to look a second time."
        ),
        "merge_of_two_files": _("A file is not merged into itself."),
        "merge_of_an_unmerged_state": _("A file that was merged is not merged again."),
        "merge_of_living_files": _(
            "One of the two files was merged into another one meanwhile; look at it again."
        ),
        "merge_against_no_decision": _(
            "A decision in effect says that these are two people; take it back first."
        ),
        "merge_has_its_ground": _("A merge rests on a decision or on the move of a row."),
        "enrollment_mergeundo_merge_id_key": _("This merge was undone before."),
        "person_merged_as_recorded": _("A file names the one it was merged into, and no other."),
        "row_move_one_open_wish": _("A wish to move this row waits already."),
        "row_move_goes_elsewhere": _("A row moves to another file than its own."),
        "row_move_has_a_reason": _("Say why the row does not belong to this person."),
        "row_move_from_or_to_somewhere": _("A row comes from a file or goes to one."),
        "row_move_has_its_ground": _("A row moves by a decision or by an approved wish."),
        "enrollment_rowmove_request_id_key": _("This wish was carried out before."),
        "moved_by_one_act": _("What moved says by which one act it moved."),
    }
)
