"""What clerks say about pairs of rows, who has which pairs in work, and the second looks.

A decision is a row, and taking it back is a further row; neither is ever changed or removed.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enrollment.choices import DecisionStage, PacketEnd, UndoCause, Verdict
from enrollment.choices.bundles import NumberHolder
from enrollment.models.decision_triggers import (
    ANSWERED_BY_ANOTHER,
    ONE_IN_EFFECT,
    append_only,
)
from enrollment.models.rosters import CandidatePair


class ReviewTerms(models.Model):
    """How pairs are worked on: size of a packet, length of a lease, share looked at twice.

    The newest row holds; former ones stay, so that a sample can be drawn again as it was.
    """

    packet_size = models.PositiveSmallIntegerField(_("pairs in a packet"))
    lease_minutes = models.PositiveSmallIntegerField(_("minutes until a packet is handed back"))
    second_look_share = models.DecimalField(
        _("share looked at a second time"), max_digits=5, decimal_places=4
    )
    second_look_seed = models.CharField(_("seed of the sample"), max_length=40)
    source = models.CharField(_("source"), max_length=200)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.CharField(_("made by"), max_length=120)

    class Meta:
        verbose_name = _("terms of review")
        verbose_name_plural = _("terms of review")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="review_terms_within_reason",
                condition=Q(packet_size__gte=1, packet_size__lte=200)
                & Q(lease_minutes__gte=1, lease_minutes__lte=600)
                & Q(second_look_share__gte=0, second_look_share__lte=1)
                & ~Q(second_look_seed=""),
            )
        ]
        triggers = [append_only("review_terms_stand")]
        db_table_comment = "Terms of reviewing pairs; the newest row holds"

    def __str__(self) -> str:
        return str(self.pk)


class ReviewPacket(models.Model):
    """Pairs that one member of staff has in work until they are handed in or the time runs out."""

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("clerk"),
        on_delete=models.PROTECT,
        related_name="review_packets",
        db_index=False,
    )
    staff_no = models.CharField(max_length=20)
    size = models.PositiveSmallIntegerField(_("pairs"))
    taken_at = models.DateTimeField(_("taken at"))
    lease_until = models.DateTimeField(_("in hand until"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_as = models.CharField(
        _("closed as"), max_length=10, choices=PacketEnd.choices, blank=True
    )

    class Meta:
        verbose_name = _("packet of pairs")
        verbose_name_plural = _("packets of pairs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="packet_one_in_hand_per_clerk", fields=["staff"], condition=Q(closed_at=None)
            ),
            models.CheckConstraint(
                name="packet_closed_in_some_way",
                condition=Q(closed_at=None, closed_as="")
                | (Q(closed_at__isnull=False) & ~Q(closed_as="")),
            ),
        ]
        indexes = [
            # Serves a clerk's packets of the last days, and the rate.
            models.Index(fields=["staff", "-taken_at"], name="packet_by_staff"),
        ]
        db_table_comment = "Packets of pairs in the hands of clerks"

    def __str__(self) -> str:
        return str(self.pk)


class PairDecision(models.Model):
    """One member of staff says of two rows that they are one person, are not, or decides later.

    Of SAME and DIFFERENT one at most is in effect for a pair. `turn` counts the decisions of a
    pair; `choices` names the side whose value is to be shown, by field; `seen` is what spoke for
    and against the pair then. Where two people are told apart whose rows bear one number,
    `holder` says whose it is.
    """

    pair = models.ForeignKey(
        CandidatePair, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    turn = models.PositiveSmallIntegerField()
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    choices = models.JSONField(_("values chosen"), default=dict)
    seen = models.JSONField(_("evidence"), default=dict)
    holder = models.CharField(
        _("who holds the number"),
        max_length=10,
        choices=NumberHolder.choices,
        blank=True,
        db_default="",
    )
    as_reviewer = models.BooleanField(default=False)
    packet = models.ForeignKey(ReviewPacket, on_delete=models.PROTECT, related_name="decisions")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        related_name="pair_decisions",
        db_index=False,
    )
    by_staff_no = models.CharField(max_length=20)
    by_text = models.CharField(_("decided by"), max_length=120)
    at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on a pair")
        verbose_name_plural = _("decisions on pairs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="decision_turn_once", fields=["pair", "turn"]),
            models.CheckConstraint(
                name="decision_about_a_number_has_a_reason",
                condition=Q(holder="") | Q(verdict="DIFFERENT") & ~Q(reason=""),
            ),
        ]
        indexes = [
            # Serves the numbers that two people cannot both hold.
            models.Index(fields=["pair"], name="decision_about_a_number", condition=~Q(holder="")),
            # Serves the figures by clerk and day.
            models.Index(fields=["by", "at"], name="decision_by_clerk"),
        ]
        triggers = [append_only("decision_stands"), ONE_IN_EFFECT]
        db_table_comment = "What clerks decided on pairs; append-only"

    def __str__(self) -> str:
        return f"{self.pair_id} {self.verdict}"


class DecisionUndo(models.Model):
    """A decision is no longer in effect: who took it back, when and why. Once per decision."""

    decision = models.OneToOneField(PairDecision, on_delete=models.PROTECT, related_name="undo")
    cause = models.CharField(_("cause"), max_length=20, choices=UndoCause.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # None where nobody did: the job found a contradiction.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    by_text = models.CharField(_("taken back by"), max_length=120)
    at = models.DateTimeField(_("taken back at"))
    approval = models.ForeignKey(
        "core.ApprovalRequest", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("decision taken back")
        verbose_name_plural = _("decisions taken back")
        constraints = [
            models.CheckConstraint(
                name="undo_on_request_was_approved",
                condition=~Q(cause="REQUEST") | Q(approval__isnull=False),
            )
        ]
        triggers = [append_only("undo_stands")]
        db_table_comment = "Decisions taken back; append-only"

    def __str__(self) -> str:
        return str(self.decision_id)


class DecisionStep(models.Model):
    """One stage a decision has reached, once; `facts` say what it came to."""

    decision = models.ForeignKey(
        PairDecision, on_delete=models.PROTECT, related_name="steps", db_index=False
    )
    stage = models.CharField(_("stage"), max_length=20, choices=DecisionStage.choices)
    facts = models.JSONField(default=dict)
    by_text = models.CharField(max_length=120)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("stage of a decision")
        verbose_name_plural = _("stages of decisions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="decision_stage_once", fields=["decision", "stage"]),
        ]
        indexes = [
            # Serves the job that carries out what is cleared.
            models.Index(
                fields=["decision"], name="decision_cleared", condition=Q(stage="CLEARED")
            ),
            models.Index(
                fields=["decision"], name="decision_carried_out", condition=Q(stage="CARRIED_OUT")
            ),
        ]
        triggers = [append_only("decision_stage_stands")]
        db_table_comment = "Stages of decisions on pairs; append-only"

    def __str__(self) -> str:
        return f"{self.decision_id} {self.stage}"


class SecondLook(models.Model):
    """A decision was drawn by lot: a second person decides the same pair without knowing it."""

    decision = models.OneToOneField(
        PairDecision, on_delete=models.PROTECT, related_name="second_look"
    )
    drawn_at = models.DateTimeField(_("drawn at"))

    class Meta:
        verbose_name = _("second look")
        verbose_name_plural = _("second looks")
        triggers = [append_only("second_look_stands")]
        db_table_comment = "Decisions drawn for a second look; append-only"

    def __str__(self) -> str:
        return str(self.decision_id)


class SecondAnswer(models.Model):
    """What the second person said; never the one who decided first, by account and staff number."""

    look = models.OneToOneField(SecondLook, on_delete=models.PROTECT, related_name="answer")
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    agrees = models.BooleanField(_("same as the first"))
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    packet = models.ForeignKey(ReviewPacket, on_delete=models.PROTECT, related_name="answers")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    by_staff_no = models.CharField(max_length=20)
    by_text = models.CharField(_("decided by"), max_length=120)
    at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("answer of a second look")
        verbose_name_plural = _("answers of second looks")
        constraints = [
            models.CheckConstraint(
                name="second_answer_is_a_decision", condition=~Q(verdict="LATER")
            )
        ]
        triggers = [append_only("second_answer_stands"), ANSWERED_BY_ANOTHER]
        db_table_comment = "Answers of second looks; append-only"

    def __str__(self) -> str:
        return str(self.look_id)


class PacketPair(models.Model):
    """One pair in a packet; a pair is in one open packet at most. `look` marks a second look."""

    packet = models.ForeignKey(
        ReviewPacket, on_delete=models.PROTECT, related_name="pairs", db_index=False
    )
    pair = models.ForeignKey(
        CandidatePair, on_delete=models.PROTECT, related_name="packet_pairs", db_index=False
    )
    place = models.PositiveSmallIntegerField()
    look = models.ForeignKey(
        SecondLook, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    in_hand = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("pair in a packet")
        verbose_name_plural = _("pairs in packets")
        ordering = ["packet", "place"]
        constraints = [
            models.UniqueConstraint(name="packet_pair_once", fields=["packet", "pair"]),
            models.UniqueConstraint(
                name="packet_pair_in_one_hand", fields=["pair"], condition=Q(in_hand=True)
            ),
        ]
        db_table_comment = "Which pairs are in which packet"

    def __str__(self) -> str:
        return f"{self.packet_id} {self.pair_id}"
