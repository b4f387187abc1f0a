"""Cases of double enrollment: the coverages that meet, what is decided, and the notices sent."""

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.tracking import tracked
from enrollment.choices import CoverageState, Scheme
from enrollment.choices.double import (
    CaseNeed,
    CaseState,
    DecisionKind,
    DecisionState,
    Delivery,
    DoubleRuleCode,
    FactKind,
    Standing,
)


class DoubleDecision(models.Model):
    """One act of a clerk on one or many cases, carried out after a second person approved it.

    Counts and sums are those of its cases at the moment it was submitted; `cases_refused` are cases
    whose coverage had changed by the time it was carried out, and which wait again.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=DecisionKind.choices)
    area = models.ForeignKey("core.Area", verbose_name=_("area"), on_delete=models.PROTECT)
    rule = models.CharField(_("rule"), max_length=30, choices=DoubleRuleCode.choices, blank=True)
    reason = models.TextField(_("reason"))
    evidence = models.TextField(_("evidence"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=DecisionState.choices, default=DecisionState.SUBMITTED
    )
    decided_on = models.DateField(_("day of the decision"))
    cases = models.PositiveIntegerField(_("cases"), default=0)
    #: Its cases, also when they have left it: returned, carried out, taken back.
    case_numbers = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    ends = models.PositiveIntegerField(_("coverages that end or pause"), default=0)
    contribution_amount = models.DecimalField(
        _("contributions paid for them"), max_digits=18, decimal_places=2, default=0
    )
    refund_amount = models.DecimalField(_("refund due"), max_digits=18, decimal_places=2, default=0)
    recover_amount = models.DecimalField(
        _("subsidy to recover"), max_digits=18, decimal_places=2, default=0
    )
    contributions_unknown = models.PositiveIntegerField(_("contributions unknown"), default=0)
    subsidies_unknown = models.PositiveIntegerField(_("subsidies unknown"), default=0)
    #: Of the subsidies in the sum, how many are national minimums: with one it is a lower bound.
    subsidies_at_least = models.PositiveIntegerField(
        _("subsidies at the national minimum"), default=0, db_default=0
    )
    cases_refused = models.PositiveIntegerField(_("cases that had changed"), default=0)
    made_by = models.CharField(_("made by"), max_length=120)
    made_at = models.DateTimeField(_("made at"))
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    #: Staff numbers of who made it and of all who recorded what it rests on; none approves it.
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True, db_default=[])
    approved_by_no = models.CharField(max_length=20, blank=True, db_default="")
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    applied_at = models.DateTimeField(_("carried out at"), null=True, blank=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="double_decision_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="double_decision_single_has_evidence",
                condition=~Q(kind="SINGLE") | ~Q(evidence=""),
            ),
            models.CheckConstraint(
                name="double_decision_carried_out_after_approval",
                condition=Q(
                    state__in=["SUBMITTED", "RETURNED", "WITHDRAWN"],
                    approved_at=None,
                    approved_by="",
                    applied_at=None,
                )
                | Q(state="APPLYING", approved_at__isnull=False, applied_at=None)
                & ~Q(approved_by="")
                | Q(state="APPLIED", approved_at__isnull=False, applied_at__isnull=False)
                & ~Q(approved_by=""),
            ),
            models.CheckConstraint(
                name="double_decision_approved_by_another",
                condition=Q(approved_by_no="") | ~Q(drafters__contains=[F("approved_by_no")]),
            ),
        ]
        indexes = [models.Index(fields=["area", "-id"], name="double_decision_by_area")]
        db_table_comment = "Decisions on double enrollments, each approved by a second person"

    def __str__(self) -> str:
        return str(self.pk)


@tracked()
class DoubleCase(models.Model):
    """One person's coverages that hold on the same days: what the rules propose, what was decided.

    `area` is the smallest area that holds every side: who decides there may decide the case.
    `rule` is the rule that chooses, empty when none does; `needs` is what it needs before it can be
    decided together with others. `pending` is a further decision on a case decided before, which
    awaits its second person.
    """

    person = models.ForeignKey(
        "enrollment.Person",
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="double_cases",
    )
    area = models.ForeignKey(
        "core.Area", verbose_name=_("area"), on_delete=models.PROTECT, db_index=False
    )
    state = models.CharField(
        _("state"), max_length=10, choices=CaseState.choices, default=CaseState.PROPOSED
    )
    rule = models.CharField(_("rule"), max_length=30, choices=DoubleRuleCode.choices, blank=True)
    rule_set = models.ForeignKey(
        "enrollment.DoubleRuleSet",
        verbose_name=_("rules"),
        on_delete=models.PROTECT,
        db_index=False,
    )
    needs = ArrayField(
        models.CharField(max_length=10, choices=CaseNeed.choices), verbose_name=_("needs"),
        default=list, blank=True,
    )  # fmt: skip
    #: First day on which two of the coverages hold.
    overlaps_from = models.DateField(_("double from"))
    proposed_at = models.DateTimeField(_("proposed at"))
    decision = models.ForeignKey(
        DoubleDecision,
        verbose_name=_("decision"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="decided_cases",
    )
    pending = models.ForeignKey(
        DoubleDecision,
        verbose_name=_("decision awaiting a second person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="pending_cases",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    objection = models.TextField(_("objection"), blank=True)
    objected_on = models.DateField(_("objection received on"), null=True, blank=True)

    class Meta:
        verbose_name = _("case of double enrollment")
        verbose_name_plural = _("cases of double enrollment")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="double_case_submitted_has_a_decision",
                condition=~Q(state__in=["SUBMITTED", "DECIDED"]) | Q(decision__isnull=False),
            ),
            models.CheckConstraint(
                name="double_case_decided_has_its_instant",
                condition=~Q(state="DECIDED") | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="double_case_contested_says_why",
                condition=~Q(state="CONTESTED") | ~Q(objection=""),
            ),
        ]
        indexes = [
            # Serves the list of cases and the choice of cases for one decision.
            models.Index(fields=["state", "rule", "area"], name="double_case_by_rule"),
            models.Index(fields=["area", "-id"], name="double_case_by_area"),
        ]
        db_table_comment = "Double enrollments of people: proposed, decided, contested"

    def __str__(self) -> str:
        return f"{self.pk:08d}" if self.pk else ""


@tracked()
class DoubleSide(models.Model):
    """One coverage of a case: its days and state before, what becomes of it, and the money.

    `other_scheme` and `other_county` are those of the coverage that stays instead of it (or, while
    nothing is decided, of the one in force); they are empty on the side that goes first, so that a
    side with them is one duplicate. Amounts are null where nobody knows them.
    """

    case = models.ForeignKey(
        DoubleCase, on_delete=models.CASCADE, related_name="sides", db_index=False
    )
    place = models.PositiveSmallIntegerField(_("place"))
    spell = models.ForeignKey(
        "enrollment.CoverageSpell",
        verbose_name=_("coverage"),
        on_delete=models.PROTECT,
        related_name="double_sides",
    )
    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme.choices)
    county = models.ForeignKey(
        "core.Area",
        verbose_name=_("area"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    period = DateRangeField(_("period"))
    state = models.CharField(_("state before"), max_length=20, choices=CoverageState.choices)
    standing = models.CharField(_("outcome"), max_length=10, choices=Standing.choices)
    rule = models.CharField(_("rule"), max_length=30, choices=DoubleRuleCode.choices, blank=True)
    other_scheme = models.CharField(max_length=10, choices=Scheme.choices, blank=True)
    other_county = models.ForeignKey(
        "core.Area", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    left = DateRangeField(_("stays in force"), null=True, blank=True)
    contribution_amount = models.DecimalField(
        _("contribution"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    subsidy_amount = models.DecimalField(
        _("subsidy"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    subsidy_is_minimum = models.BooleanField(_("at least"), default=False)
    refund_amount = models.DecimalField(
        _("refund due"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    recover_amount = models.DecimalField(
        _("subsidy to recover"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    #: Whether nothing is decided (any more); a coverage stands in one such case at most.
    is_open = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("side of a case")
        verbose_name_plural = _("sides of cases")
        ordering = ["case", "place"]
        constraints = [
            models.UniqueConstraint(name="double_side_once_per_case", fields=["case", "spell"]),
            models.UniqueConstraint(
                name="double_side_in_one_open_case", fields=["spell"], condition=Q(is_open=True)
            ),
            models.CheckConstraint(
                name="double_side_that_ends_has_its_day",
                condition=Q(standing__in=["ENDS", "PAUSES"], ends_on__isnull=False)
                | Q(standing__in=["KEEPS", "UNDECIDED"], ends_on=None),
            ),
        ]
        indexes = [
            # Serves the overlap table and the figures by pair of schemes, and their lists.
            models.Index(
                fields=["county", "other_county", "scheme", "other_scheme"],
                name="double_side_by_pair",
                condition=Q(other_county__isnull=False),
            ),
        ]
        db_table_comment = "Coverages of a double enrollment, with outcome and money"

    def __str__(self) -> str:
        return f"{self.case_id}/{self.place}"


@tracked()
class DoubleFact(models.Model):
    """Something known of a person that rules ask for and no roster tells, with its evidence.

    A fact that turned out wrong is withdrawn, not deleted.
    """

    person = models.ForeignKey(
        "enrollment.Person",
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="double_facts",
    )
    kind = models.CharField(_("fact"), max_length=20, choices=FactKind.choices)
    area = models.ForeignKey(
        "core.Area",
        verbose_name=_("area"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
    )
    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme.choices, blank=True)
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    evidence = models.TextField(_("evidence"))
    recorded_by = models.CharField(_("recorded by"), max_length=120)
    #: Staff numbers of who recorded it and who withdrew it: they approve no decision built on it.
    recorded_by_no = models.CharField(max_length=20, blank=True, db_default="")
    recorded_at = models.DateTimeField(_("recorded at"))
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False)
    withdrawn_by_no = models.CharField(max_length=20, blank=True, db_default="")

    class Meta:
        verbose_name = _("fact of a person")
        verbose_name_plural = _("facts of people")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="double_fact_has_evidence", condition=~Q(evidence="")),
            models.CheckConstraint(
                name="double_fact_says_what",
                condition=Q(kind__in=["RESIDENCE", "SCHOOL", "WORK_PLACE"], area__isnull=False)
                | Q(kind="USABLE_SCHEME") & ~Q(scheme="")
                | Q(kind="COLLEGE_ENTRANCE", year__isnull=False)
                | Q(kind="WAIVER"),
            ),
            models.UniqueConstraint(
                name="double_fact_one_of_a_kind",
                fields=["person", "kind"],
                condition=Q(is_withdrawn=False) & ~Q(kind="COLLEGE_ENTRANCE"),
            ),
        ]
        db_table_comment = "Facts about people that rules of double enrollment ask for"

    def __str__(self) -> str:
        return str(FactKind(self.kind).label)


class DoubleNotice(models.Model):
    """The notice of one coverage that ends or pauses; one a side and decision.

    What it says beside the person's particulars is kept as it was when it was made; a notice whose
    decision was taken back is withdrawn. It is printed, and then delivered in the way `delivery`
    tells, as somebody noted.
    """

    decision = models.ForeignKey(
        DoubleDecision, on_delete=models.PROTECT, related_name="notices", db_index=False
    )
    side = models.ForeignKey(DoubleSide, on_delete=models.PROTECT, related_name="notices")
    person = models.ForeignKey(
        "enrollment.Person", on_delete=models.PROTECT, related_name="double_notices"
    )
    rule_set = models.ForeignKey(
        "enrollment.DoubleRuleSet", on_delete=models.PROTECT, db_index=False
    )
    area = models.ForeignKey(
        "core.Area", verbose_name=_("area"), on_delete=models.PROTECT, db_index=False
    )
    town = models.CharField(_("town"), max_length=60, blank=True)
    village = models.CharField(_("village"), max_length=60, blank=True)
    says = models.JSONField(default=dict)
    issued_on = models.DateField(_("issued on"))
    printed_at = models.DateTimeField(_("printed at"), null=True, blank=True)
    printed_by = models.CharField(_("printed by"), max_length=120, blank=True, db_default="")
    delivered_on = models.DateField(_("delivered on"), null=True, blank=True)
    delivery = models.CharField(
        _("way of delivery"), max_length=10, choices=Delivery.choices, blank=True, db_default=""
    )
    delivery_noted_by = models.CharField(max_length=120, blank=True, db_default="")
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="double_notice_once_per_decision", fields=["decision", "side"]
            ),
            models.CheckConstraint(
                name="double_notice_printed_by_somebody",
                condition=Q(printed_at=None, printed_by="")
                | Q(printed_at__isnull=False) & ~Q(printed_by=""),
            ),
            models.CheckConstraint(
                name="double_notice_delivered_after_print",
                condition=Q(delivered_on=None, delivery="", delivery_noted_by="")
                | Q(delivered_on__isnull=False, printed_at__isnull=False)
                & ~Q(delivery="")
                & ~Q(delivery_noted_by=""),
            ),
        ]
        indexes = [
            # Serves the list of notices of an area, village by village.
            models.Index(fields=["area", "town", "village", "id"], name="double_notice_by_place"),
        ]
        db_table_comment = "Notices of coverage that ended as a double enrollment"

    def __str__(self) -> str:
        return f"{self.pk:08d}" if self.pk else ""
