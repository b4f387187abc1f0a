"""Sentences for what the tables of double enrollment and of proofs refuse, and their invariants."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant, say

_NOT_OWN = _("You drafted, changed or submitted this; another member of staff approves it.")

say(
    {
        "enrollment_doubleruleset_number_key": _("There is a version of this number already."),
        "double_rules_one_version_on_a_day": _(
            "Another version of the rules is in force on some of these days."
        ),
        "double_rules_period_has_a_first_day": _("A version of rules is in force from a day on."),
        "double_rules_approved_by_somebody": _("An approval needs who approved and when."),
        "double_rules_approved_by_another": _NOT_OWN,
        "subsidy_approved_by_another": _NOT_OWN,
        "roster_approved_by_another": _NOT_OWN,
        "correction_approved_by_another": _NOT_OWN,
        "double_decision_approved_by_another": _NOT_OWN,
        "double_decision_stands": _(
            "What a decision says, its cases and its sums never change once it was submitted."
        ),
        "double_case_decided_after_approval": _(
            "A case is decided only by a decision that a second person approved."
        ),
        "double_fact_stands": _("A fact on record never changes; withdraw it and record another."),
        "double_fact_says_who": _("A fact needs the staff number of who recorded or withdrew it."),
        "workers_only_grow": _("Who worked on a draft stays on record."),
        "drafters_only_grow": _("Who worked on a draft stays on record."),
        "subsidy_stands_as_approved": _("An approved subsidy never changes; enter another one."),
        "double_rules_stand_as_approved": _("An approved version of rules never changes."),
        "double_rule_once_per_version": _("The version has this rule already."),
        "double_rule_place_once_per_version": _("Two rules cannot stand at the same place."),
        "double_rule_loser_ends_or_pauses": _("The other coverage ends or pauses."),
        "double_rule_says_its_source": _("A rule says its clause and where it comes from."),
        "subsidy_once_per_year_and_place": _(
            "There is an approved subsidy of this year, scheme and area already."
        ),
        "subsidy_is_an_amount": _("A subsidy is not negative."),
        "subsidy_says_its_source": _("A subsidy says where it comes from."),
        "subsidy_approved_by_somebody": _("An approval needs who approved and when."),
        "double_decision_has_a_reason": _("Say why you decide so."),
        "double_decision_single_has_evidence": _("A decision on a single case needs evidence."),
        "double_decision_carried_out_after_approval": _(
            "A decision is carried out only after a second person approved it."
        ),
        "double_case_submitted_has_a_decision": _("A submitted case belongs to a decision."),
        "double_case_decided_has_its_instant": _("A decided case says when."),
        "double_case_contested_says_why": _("An objection says what it is about."),
        "double_side_once_per_case": _("The case has this coverage already."),
        "double_side_in_one_open_case": _("This coverage stands in an open case already."),
        "double_side_that_ends_has_its_day": _("A coverage that ends says from which day."),
        "double_fact_has_evidence": _("Say what the fact rests on."),
        "double_fact_says_what": _("Say the place, scheme or year the fact is about."),
        "double_fact_one_of_a_kind": _(
            "Such a fact is on record for this person already; withdraw it first."
        ),
        "double_notice_once_per_decision": _("This coverage has its notice already."),
        "double_notice_printed_by_somebody": _("A print needs who printed and when."),
        "double_notice_delivered_after_print": _(
            "Only a printed notice is delivered; say on which day, how, and who noted it."
        ),
        "proof_count_one_per_scope": _("These areas have a count already."),
        "proof_signed_by_two": _("You prepared this proof; another member of staff must sign it."),
        "proof_signature_is_complete": _("A signature needs who signed and when."),
        "proof_stands_as_signed": _("A signed proof never changes."),
        "proof_signed_by_none_of_its_workers": _(
            "You worked on the rosters of this proof; another member of staff must sign it."
        ),
        "proof_set_aside_by_two": _(
            "A signed proof is set aside by two members of staff, with a reason."
        ),
    }
)


@invariant(
    "double_case_stands_as_decided",
    _("Coverage of a decided case is as the decision says, unless a later case changed it."),
)
def _as_decided() -> str:
    return """
        SELECT side.case_id, side.spell_id FROM enrollment_doubleside side
        JOIN enrollment_doublecase decided
          ON decided.id = side.case_id AND decided.state = 'DECIDED'
        JOIN enrollment_coveragespell spell ON spell.id = side.spell_id
        WHERE (side.standing = 'KEEPS' AND spell.state NOT IN ('IN_FORCE', 'DOUBLE')
               OR side.standing IN ('ENDS', 'PAUSES') AND side.left IS NULL
                  AND spell.state IN ('IN_FORCE', 'DOUBLE')
               OR side.left IS NOT NULL AND upper(spell.period) > side.ends_on)
          AND NOT EXISTS (
              SELECT FROM enrollment_doubleside later
              JOIN enrollment_doublecase other ON other.id = later.case_id
              WHERE later.spell_id = side.spell_id AND later.case_id > side.case_id
                AND other.state IN ('DECIDED', 'CONTESTED', 'LIFTED'))
    """


@invariant(
    "double_side_is_of_the_persons",
    _("Every coverage of an open or decided case is the person's own."),
)
def _own_coverage() -> str:
    return """
        SELECT side.case_id, side.spell_id FROM enrollment_doubleside side
        JOIN enrollment_doublecase found ON found.id = side.case_id AND found.state = 'DECIDED'
        JOIN enrollment_coveragespell spell ON spell.id = side.spell_id
        JOIN enrollment_coveragespell first ON first.id = (
            SELECT other.spell_id FROM enrollment_doubleside other
            WHERE other.case_id = side.case_id ORDER BY other.place LIMIT 1)
        WHERE spell.person_id <> first.person_id
    """


@invariant(
    "double_open_side_is_of_an_open_case",
    _("A coverage counts as open exactly while its case is to be decided."),
)
def _open_sides() -> str:
    return """
        SELECT side.case_id FROM enrollment_doubleside side
        JOIN enrollment_doublecase found ON found.id = side.case_id
        WHERE side.is_open <> (found.state IN ('PROPOSED', 'SUBMITTED')
                               OR found.state = 'CONTESTED' AND found.decision_id IS NULL)
    """


@invariant(
    "double_decision_sums_are_those_of_its_cases",
    _("Counts and sums of a decision carried out are those of its cases and refusals."),
)
def _sums() -> str:
    return """
        SELECT decision.id FROM enrollment_doubledecision decision
        WHERE decision.state = 'SUBMITTED' AND decision.cases <> (
            SELECT count(*) FROM enrollment_doublecase decided
            WHERE decided.decision_id = decision.id)
    """


@invariant(
    "ended_double_has_a_notice",
    _("Every coverage that a decided case ended or paused has its notice."),
)
def _notices() -> str:
    return """
        SELECT side.case_id, side.id FROM enrollment_doubleside side
        JOIN enrollment_doublecase decided
          ON decided.id = side.case_id AND decided.state = 'DECIDED'
        WHERE side.standing IN ('ENDS', 'PAUSES') AND NOT EXISTS (
            SELECT FROM enrollment_doublenotice notice
            WHERE notice.side_id = side.id AND notice.decision_id = decided.decision_id
              AND NOT notice.is_withdrawn)
    """


@invariant("signed_proof_is_its_digest", _("A proof's digest is that of its figures."))
def _digests() -> str:
    return """
        SELECT id FROM enrollment_signedproof
        WHERE digest <> encode(sha256(convert_to(content, 'UTF8')), 'hex')
    """
