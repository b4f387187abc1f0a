"""Triggers behind decisions and merges: what no path around the services can break."""

# ruff: noqa: S608 (the statements are made of own texts alone)

from typing import Final

import pgtrigger


def append_only(constraint: str) -> pgtrigger.Trigger:
    """A trigger that refuses change and removal of a row under this constraint name."""
    return pgtrigger.Trigger(
        name="append_only",
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=_refusal("rows of this table are never changed or removed", constraint),
    )


def _refusal(words: str, constraint: str) -> str:
    return f"RAISE EXCEPTION '{words}' USING ERRCODE = '23514', CONSTRAINT = '{constraint}';"


#: The area in which a row is insured: the roster's, or the one that a row of the city's exports
#: names. Defined by migration 0010.
AREA_OF_ROW: Final = "enrollment_area_of_row"

PAIR_HAS_PLACES: Final = pgtrigger.Trigger(
    name="has_places",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__area_a__isnull=True) | pgtrigger.Q(new__area_b__isnull=True),
    func=f"""
        NEW.area_a_id := {AREA_OF_ROW}(NEW.row_a_id);
        NEW.area_b_id := {AREA_OF_ROW}(NEW.row_b_id);
        RETURN NEW;
    """,
)

#: The pair's row is the lock: two who decide at once come one after the other.
ONE_IN_EFFECT: Final = pgtrigger.Trigger(
    name="one_in_effect",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("roster_state", "text")],
    func=f"""
        PERFORM FROM enrollment_candidatepair WHERE id = NEW.pair_id FOR UPDATE;
        SELECT batch.state INTO roster_state
        FROM enrollment_candidatepair pair
        JOIN enrollment_rosterbatch batch ON batch.id = pair.batch_id
        WHERE pair.id = NEW.pair_id;
        IF roster_state <> 'APPLIED' THEN
            {_refusal("the roster of the pair is not on the roll", "decision_on_the_roll_only")}
        END IF;
        IF NEW.verdict <> 'LATER' AND EXISTS (
            SELECT FROM enrollment_pairdecision decision
            WHERE decision.pair_id = NEW.pair_id AND decision.verdict <> 'LATER'
              AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                              WHERE undo.decision_id = decision.id)
        ) THEN
            {_refusal("the pair has a decision in effect", "decision_one_in_effect")}
        END IF;
        RETURN NEW;
    """,
)

ANSWERED_BY_ANOTHER: Final = pgtrigger.Trigger(
    name="answered_by_another",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func=f"""
        IF EXISTS (
            SELECT FROM enrollment_secondlook look
            JOIN enrollment_pairdecision decision ON decision.id = look.decision_id
            WHERE look.id = NEW.look_id
              AND (decision.by_id = NEW.by_id OR decision.by_staff_no = NEW.by_staff_no)
        ) THEN
            {_refusal("who decided first looks a second time", "second_look_by_another")}
        END IF;
        RETURN NEW;
    """,
)

#: Both files are locked in the order of their numbers, so that two merges cannot close a ring; a
#: file that was absorbed neither absorbs nor is absorbed, so a ring cannot come about later either.
TWO_LIVING_FILES: Final = pgtrigger.Trigger(
    name="two_living_files",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func=f"""
        PERFORM FROM enrollment_person WHERE id IN (NEW.kept_id, NEW.absorbed_id)
        ORDER BY id FOR UPDATE;
        IF EXISTS (
            SELECT FROM enrollment_personmerge standing
            WHERE standing.absorbed_id IN (NEW.kept_id, NEW.absorbed_id)
              AND NOT EXISTS (SELECT FROM enrollment_mergeundo undo
                              WHERE undo.merge_id = standing.id)
        ) THEN
            {_refusal("a file that was merged is merged again", "merge_of_living_files")}
        END IF;
        IF EXISTS (
            SELECT FROM enrollment_pairdecision decision
            JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
            JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
            JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
            WHERE decision.verdict = 'DIFFERENT'
              AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                              WHERE undo.decision_id = decision.id)
              AND ((a.person_id = NEW.kept_id AND b.person_id = NEW.absorbed_id)
                OR (a.person_id = NEW.absorbed_id AND b.person_id = NEW.kept_id))
        ) THEN
            {_refusal("a decision says that these are two people", "merge_against_no_decision")}
        END IF;
        RETURN NEW;
    """,
)

_AS_RECORDED: Final = f"""
        IF EXISTS (
            SELECT FROM enrollment_person person
            WHERE person.id = NEW.id
              AND person.merged_into_id IS DISTINCT FROM (
                SELECT standing.kept_id FROM enrollment_personmerge standing
                WHERE standing.absorbed_id = person.id
                  AND NOT EXISTS (SELECT FROM enrollment_mergeundo undo
                                  WHERE undo.merge_id = standing.id))
        ) THEN
            {_refusal("a file names another without a merge", "person_merged_as_recorded")}
        END IF;
        RETURN NULL;
"""

#: When a transaction ends, a file names another exactly as the merges in effect say. Files opened
#: by rosters are millions and name none, so they are passed by.
MERGED_AS_RECORDED: Final = (
    pgtrigger.Trigger(
        name="opened_as_recorded",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        level=pgtrigger.Row,
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Q(new__merged_into__isnull=False),
        func=_AS_RECORDED,
    ),
    pgtrigger.Trigger(
        name="merged_as_recorded",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        level=pgtrigger.Row,
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Q(old__merged_into__df=pgtrigger.F("new__merged_into")),
        func=_AS_RECORDED,
    ),
)

_PERSON_FOLLOWS = """
        IF EXISTS (
            SELECT FROM enrollment_personmerge standing
            JOIN enrollment_person person ON person.id = standing.absorbed_id
            WHERE standing.id = {merge}
              AND person.merged_into_id IS DISTINCT FROM (
                SELECT other.kept_id FROM enrollment_personmerge other
                WHERE other.absorbed_id = person.id
                  AND NOT EXISTS (SELECT FROM enrollment_mergeundo undo
                                  WHERE undo.merge_id = other.id))
        ) THEN
            {refusal}
        END IF;
        RETURN NULL;
"""


def person_follows(merge: str) -> pgtrigger.Trigger:
    """When a transaction ends, the absorbed file says what this row of merges says of it."""
    refusal = _refusal("a merge that the absorbed file does not say", "person_merged_as_recorded")
    return pgtrigger.Trigger(
        name="person_follows",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        level=pgtrigger.Row,
        timing=pgtrigger.Deferred,
        func=_PERSON_FOLLOWS.format(merge=merge, refusal=refusal),
    )
