"""Bad rows of decisions, merges and packets, by the constraint or trigger that refuses them."""

from decimal import Decimal

from django.db import connection

from bureau.core import approvals, clock
from bureau.core.models import Area
from enrollment.choices import Verdict
from enrollment.models import (
    BundledDecision,
    DecisionBundle,
    DecisionStep,
    DecisionUndo,
    MergeUndo,
    MovedThing,
    PacketPair,
    PairDecision,
    Person,
    PersonMerge,
    ReviewPacket,
    ReviewTerms,
    RosterBatch,
    RowMove,
    RowMoveRequest,
    SecondAnswer,
    SecondLook,
    ValueChoice,
)
from enrollment.services import bundles
from enrollment.tests import decisions as made


def area():
    return Area.objects.get(code="210281")


def files(count=2):
    batch = made.roster(area())
    return [Person.objects.get(pk=made.holder(made.person_row(batch))) for _file in range(count)]


def a_pair():
    batch = made.roster(area())
    return made.pair(made.row(batch), made.row(batch))


def a_packet(name="clerk", **changes):
    by, at = made.clerk(name), clock.now()
    values = {"staff": by, "staff_no": by.staff_no, "size": 1, "taken_at": at, "lease_until": at}
    return ReviewPacket.objects.create(**{**values, **changes})


def a_decision(verdict=Verdict.SAME, asked=None, **changes):
    by = changes.pop("by", None) or made.clerk()
    packet = ReviewPacket.objects.filter(staff=by).first() or a_packet(by.username)
    values = {
        "pair": asked or a_pair(),
        "turn": 1,
        "verdict": verdict,
        "packet": packet,
        "by": by,
        "by_staff_no": by.staff_no,
        "by_text": str(by),
        "at": clock.now(),
    }
    return PairDecision.objects.create(**{**values, **changes})


def an_undo(decision, **changes):
    values = {"cause": "CLERK", "by_text": "t", "at": clock.now()}
    return DecisionUndo.objects.create(decision=decision, **{**values, **changes})


def a_merge(kept, absorbed, **changes):
    values = {"absorbed_state": "ACTIVE", "by_text": "t", "at": clock.now()}
    if not {"decision", "row_move"} & set(changes):
        values["decision"] = a_decision()
    return PersonMerge.objects.create(kept=kept, absorbed=absorbed, **{**values, **changes})


def a_wish(**changes):
    one, _other = files()
    row = one.identifiers.get().source_row
    by = made.clerk()
    values = {"row": row, "from_person": one, "reason": "x", "by": by, "by_text": "t"}
    return RowMoveRequest.objects.create(**{**values, "at": clock.now(), **changes})


def a_move(**changes):
    wish = changes.pop("request", None) or a_wish()
    values = {
        "row": wish.row,
        "from_person": wish.from_person,
        "request": wish,
        "by_text": "t",
        "at": clock.now(),
    }
    return RowMove.objects.create(**{**values, **changes})


def an_answer(look, name, verdict=Verdict.SAME, **changes):
    by = made.clerk(name)
    packet = ReviewPacket.objects.filter(staff=by).first() or a_packet(name)
    values = {"by": by, "by_staff_no": by.staff_no, "by_text": name, "packet": packet}
    return SecondAnswer.objects.create(
        look=look, verdict=verdict, agrees=True, at=clock.now(), **{**values, **changes}
    )


def a_look(**changes):
    return SecondLook.objects.create(decision=a_decision(**changes), drawn_at=clock.now())


def terms(**changes):
    values = {
        "packet_size": 20,
        "lease_minutes": 30,
        "second_look_share": Decimal("0.03"),
        "second_look_seed": "1",
        "source": "test",
        "made_at": clock.now(),
        "made_by": "t",
    }
    return ReviewTerms.objects.create(**{**values, **changes})


def a_bundle():
    return DecisionBundle.objects.create(packet=a_decision().packet, made_at=clock.now())


def a_line(decision=None, **changes):
    decision = decision or a_decision()
    bundle = DecisionBundle.objects.create(packet=decision.packet, made_at=clock.now())
    request = approvals.request(
        bundles.KIND, bundle, title="t", area=area(), by=decision.by, at=clock.now()
    )
    return BundledDecision.objects.create(
        bundle=bundle, approval=request, decision=decision, **changes
    )


def in_two_requests():
    decision = a_decision()
    a_line(decision)
    a_line(decision)


def settled(line, state, **values):
    values = {"settled_by": "x", "settled_at": clock.now(), **values}
    changed(line, state=state, **values)


def changed(row, **values):
    type(row).objects.filter(pk=row.pk).update(**values)


def removed(row):
    type(row).objects.filter(pk=row.pk).delete()


def two_packets():
    a_packet()
    a_packet()


def pair_in_two_hands():
    asked = a_pair()
    for place, name in enumerate(("one", "two")):
        PacketPair.objects.create(packet=a_packet(name), pair=asked, place=place)


def pair_twice_in_a_packet():
    asked, packet = a_pair(), a_packet()
    for place in range(2):
        PacketPair.objects.create(packet=packet, pair=asked, place=place, in_hand=False)


def two_in_effect():
    asked = a_pair()
    a_decision(asked=asked)
    a_decision(Verdict.DIFFERENT, asked=asked, turn=2)


def one_turn_twice():
    asked = a_pair()
    a_decision(Verdict.LATER, asked=asked)
    a_decision(Verdict.SAME, asked=asked)


def before_the_roll():
    asked = a_pair()
    RosterBatch.objects.filter(pk=asked.batch_id).update(state="APPLYING")
    a_decision(asked=asked)


def undone_twice():
    decision = a_decision()
    an_undo(decision)
    an_undo(decision)


def stage_twice():
    decision = a_decision()
    for _time in range(2):
        DecisionStep.objects.create(decision=decision, stage="CLEARED", by_text="t", at=clock.now())


def drawn_twice():
    decision = a_decision()
    for _time in range(2):
        SecondLook.objects.create(decision=decision, drawn_at=clock.now())


def answered_twice():
    look = a_look()
    an_answer(look, "second")
    an_answer(look, "third")


def same_person_under_another_account():
    look = a_look()
    an_answer(look, "second", by_staff_no=look.decision.by_staff_no)


def merged_file_is_merged_again():
    one, other, third = files(3)
    a_merge(one, other)
    a_merge(third, other)


def merged_file_absorbs():
    one, other, third = files(3)
    a_merge(one, other)
    a_merge(other, third)


def merged_in_a_ring():
    one, other = files()
    a_merge(one, other)
    a_merge(other, one)


def merged_against_a_decision():
    one, other = files()
    rows = [person.identifiers.get().source_row for person in (one, other)]
    a_decision(Verdict.DIFFERENT, asked=made.pair(*rows))
    a_merge(one, other)


def merge_undone_twice():
    merge = a_merge(*files())
    for _time in range(2):
        MergeUndo.objects.create(merge=merge, by_text="t", at=clock.now())


def at_once():
    """What is looked at when a transaction ends is looked at now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def merged_without_a_merge():
    one, other = files()
    Person.objects.filter(pk=other.pk).update(state="MERGED", merged_into=one)
    at_once()


def opened_as_merged():
    [one] = files(1)
    Person.objects.create(
        name="x", name_key="x", area=one.area, created_at=clock.now(), state="MERGED",
        merged_into=one,
    )  # fmt: skip
    at_once()


def merge_that_no_file_says():
    a_merge(*files())
    at_once()


def undo_that_no_file_says():
    one, other = files()
    merge = a_merge(one, other)
    Person.objects.filter(pk=other.pk).update(state="MERGED", merged_into=one)
    at_once()
    MergeUndo.objects.create(merge=merge, by_text="t", at=clock.now())


def wished_twice():
    wish = a_wish()
    a_wish(row=wish.row, from_person=wish.from_person)


def wish_carried_out_twice():
    wish = a_wish()
    a_move(request=wish)
    a_move(request=wish)


def moved_by_nothing():
    MovedThing.objects.create(kind="LINK", thing_id=1)


def a_choice():
    [person] = files(1)
    return ValueChoice.objects.create(
        person=person, field="name", before={}, after={}, decision=a_decision(), at=clock.now()
    )


def a_moved_thing():
    return MovedThing.objects.create(kind="LINK", thing_id=1, row_move=a_move())


BAD_ROWS = {
    "decision_about_a_number_has_a_reason": [
        lambda: a_decision(Verdict.DIFFERENT, holder="LEFT"),
        lambda: a_decision(Verdict.SAME, holder="LEFT", reason="x"),
    ],
    "decision_bundle_stands": [lambda: removed(a_bundle())],
    "decision_in_one_request": [in_two_requests],
    "bundled_decision_returned_with_a_reason": [lambda: settled(a_line(), "RETURNED")],
    "bundled_decision_settled_by_somebody": [
        lambda: settled(a_line(), "WITHDRAWN", settled_by=""),
        lambda: settled(a_line(), "WITHDRAWN", settled_at=None),
    ],
    "bundled_decision_stands": [lambda: changed(a_line(), overlaps=7)],
    "bundled_decision_after_second_person": [lambda: settled(a_line(), "APPROVED")],
    "review_terms_within_reason": [
        lambda: terms(packet_size=0),
        lambda: terms(lease_minutes=0),
        lambda: terms(second_look_share=Decimal("1.1")),
        lambda: terms(second_look_seed=""),
    ],
    "review_terms_stand": [lambda: changed(terms(), packet_size=3), lambda: removed(terms())],
    "packet_one_in_hand_per_clerk": [two_packets],
    "packet_closed_in_some_way": [
        lambda: a_packet(closed_at=clock.now()),
        lambda: a_packet(closed_as="EXPIRED"),
    ],
    "packet_pair_once": [pair_twice_in_a_packet],
    "packet_pair_in_one_hand": [pair_in_two_hands],
    "decision_turn_once": [one_turn_twice],
    "decision_one_in_effect": [two_in_effect],
    "decision_on_the_roll_only": [before_the_roll],
    "decision_stands": [
        lambda: changed(a_decision(), verdict="DIFFERENT"),
        lambda: removed(a_decision()),
    ],
    "enrollment_decisionundo_decision_id_key": [undone_twice],
    "undo_on_request_was_approved": [lambda: an_undo(a_decision(), cause="REQUEST")],
    "undo_stands": [
        lambda: changed(an_undo(a_decision()), reason="x"),
        lambda: removed(an_undo(a_decision())),
    ],
    "decision_stage_once": [stage_twice],
    "enrollment_secondlook_decision_id_key": [drawn_twice],
    "enrollment_secondanswer_look_id_key": [answered_twice],
    "second_answer_is_a_decision": [lambda: an_answer(a_look(), "second", Verdict.LATER)],
    "second_look_by_another": [
        lambda: an_answer(a_look(), "clerk"),
        same_person_under_another_account,
    ],
    "second_look_stands": [lambda: removed(a_look())],
    "second_answer_stands": [lambda: changed(an_answer(a_look(), "second"), agrees=False)],
    "merge_of_two_files": [lambda: a_merge(*files(1) * 2)],
    "merge_of_an_unmerged_state": [lambda: a_merge(*files(), absorbed_state="MERGED")],
    "merge_of_living_files": [
        merged_file_is_merged_again, merged_file_absorbs, merged_in_a_ring,
    ],
    "merge_against_no_decision": [merged_against_a_decision],
    "merge_has_its_ground": [lambda: a_merge(*files(), decision=None)],
    "merge_stands": [lambda: removed(a_merge(*files()))],
    "enrollment_mergeundo_merge_id_key": [merge_undone_twice],
    "person_merged_as_recorded": [
        merged_without_a_merge, opened_as_merged, merge_that_no_file_says, undo_that_no_file_says,
    ],
    "row_move_one_open_wish": [wished_twice],
    "row_move_goes_elsewhere": [
        lambda: changed(wish := a_wish(), to_person=wish.from_person)
    ],
    "row_move_has_a_reason": [lambda: a_wish(reason="")],
    "row_move_from_or_to_somewhere": [lambda: a_move(from_person=None)],
    "row_move_has_its_ground": [lambda: a_move(decision=a_decision())],
    "enrollment_rowmove_request_id_key": [wish_carried_out_twice],
    "row_move_stands": [lambda: removed(a_move())],
    "moved_by_one_act": [moved_by_nothing],
    "moved_thing_stands": [lambda: removed(a_moved_thing())],
    "value_choice_stands": [lambda: changed(a_choice(), field="phone")],
}  # fmt: skip
