"""Versions of the linkage model: what speaks for one person, how much, and from which score on."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enrollment.choices import DoubtNow, DoubtState, ModelOrigin, ModelRunKind, ModelState
from enrollment.models.decision_triggers import append_only

#: What a version says never changes; only its state, its figures, who worked on it and who approved
#: it do.
_TERMS_STAY = pgtrigger.Trigger(
    name="terms_stay",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    level=pgtrigger.Row,
    condition=pgtrigger.Condition(
        "OLD.number IS DISTINCT FROM NEW.number OR OLD.origin IS DISTINCT FROM NEW.origin"
        " OR OLD.weights IS DISTINCT FROM NEW.weights"
        " OR OLD.thresholds IS DISTINCT FROM NEW.thresholds"
        " OR OLD.vetoes IS DISTINCT FROM NEW.vetoes"
        " OR OLD.training IS DISTINCT FROM NEW.training"
        " OR OLD.made_by IS DISTINCT FROM NEW.made_by"
        " OR OLD.made_by_staff_id IS DISTINCT FROM NEW.made_by_staff_id"
    ),
    func=(
        "RAISE EXCEPTION 'the terms of a version of the linkage model never change'"
        " USING ERRCODE = '23514', CONSTRAINT = 'linkage_model_terms_stay';"
    ),
)
_NOT_BACK = pgtrigger.Trigger(
    name="not_back",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    level=pgtrigger.Row,
    condition=pgtrigger.Condition(
        "OLD.state <> NEW.state AND (OLD.state, NEW.state)"
        " NOT IN (('DRAFT', 'SUBMITTED'), ('SUBMITTED', 'DRAFT'), ('SUBMITTED', 'IN_USE'),"
        " ('IN_USE', 'RETIRED'), ('DRAFT', 'DROPPED'))"
    ),
    func=(
        "RAISE EXCEPTION 'a version of the linkage model is submitted, used, then retired'"
        " USING ERRCODE = '23514', CONSTRAINT = 'linkage_model_not_back';"
    ),
)
_KEPT = pgtrigger.Trigger(
    name="kept",
    when=pgtrigger.Before,
    operation=pgtrigger.Delete,
    func=(
        "RAISE EXCEPTION 'versions of the linkage model are never removed'"
        " USING ERRCODE = '23514', CONSTRAINT = 'linkage_model_kept';"
    ),
)


class LinkageModelVersion(models.Model):
    """One version of the terms by which rows are linked; unique by number, one at most in use.

    `weights`, `thresholds` and `vetoes` are what `enrollment.rules.matching` reads; `training` says
    what the weights were estimated from, `quality` holds the figures on the reference set and
    beside the version that was in use.
    """

    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(
        _("state"), max_length=10, choices=ModelState.choices, default=ModelState.DRAFT
    )
    origin = models.CharField(_("origin"), max_length=10, choices=ModelOrigin.choices)
    based_on = models.ForeignKey(
        "self",
        verbose_name=_("based on"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    weights = models.JSONField(_("weights"), default=dict)
    thresholds = models.JSONField(_("thresholds"), default=dict)
    vetoes = ArrayField(models.TextField(), verbose_name=_("vetoes"), default=list)
    training = models.JSONField(_("trained from"), default=dict)
    quality = models.JSONField(_("figures of the version"), default=dict)
    note = models.CharField(_("note"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("version made at"))
    made_by = models.CharField(_("version made by"), max_length=120)
    made_by_staff = models.ForeignKey(
        "core.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Staff numbers of all who drafted, trained, tried or submitted it; none of them approves.
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True, db_default=[])
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    approved_by_staff = models.ForeignKey(
        "core.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_by_no = models.CharField(max_length=20, blank=True, db_default="")
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("version of the linkage model")
        verbose_name_plural = _("versions of the linkage model")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="linkage_model_number_once", fields=["number"]),
            models.UniqueConstraint(
                name="linkage_model_one_in_use", fields=["state"], condition=Q(state="IN_USE")
            ),
            # What came with the software was approved with it.
            models.CheckConstraint(
                name="linkage_model_used_after_second_person",
                condition=Q(
                    state__in=["DRAFT", "SUBMITTED", "DROPPED"],
                    approved_at=None,
                    approved_by="",
                    approved_by_staff=None,
                    approved_by_no="",
                )
                | Q(origin="SHIPPED")
                | (
                    Q(state__in=["IN_USE", "RETIRED"])
                    & Q(approved_at__isnull=False, approved_by_staff__isnull=False)
                    & ~Q(approved_by="")
                    & (Q(made_by_staff=None) | ~Q(approved_by_staff=F("made_by_staff")))
                ),
            ),
            models.CheckConstraint(
                name="linkage_model_approved_by_another",
                condition=Q(approved_by_no="") | ~Q(drafters__contains=[F("approved_by_no")]),
            ),
            models.CheckConstraint(
                name="linkage_model_retired_on_a_day",
                condition=Q(state="RETIRED", retired_at__isnull=False)
                | (~Q(state="RETIRED") & Q(retired_at=None)),
            ),
        ]
        triggers = [_TERMS_STAY, _NOT_BACK, _KEPT]
        db_table_comment = "Versions of the terms by which roster rows are linked to people"

    def __str__(self) -> str:
        return str(_("version %(number)s") % {"number": self.number})


class LinkageRun(models.Model):
    """One run of a version over the roll: a trial of a draft, or linking again by the one in force.

    `figures` are counts and numbers of rows, never a person's particulars; a row is made once and
    never changed.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=ModelRunKind.choices)
    version = models.ForeignKey(
        LinkageModelVersion,
        verbose_name=_("version"),
        on_delete=models.PROTECT,
        related_name="runs",
    )
    # The version in force that a draft was held against; of linking again, the version itself.
    against = models.ForeignKey(
        LinkageModelVersion,
        verbose_name=_("compared with"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    job = models.OneToOneField("core.Job", on_delete=models.PROTECT, related_name="+")
    roll_revision = models.BigIntegerField(_("revision of the roll"), default=0)
    figures = models.JSONField(default=dict)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.CharField(_("made by"), max_length=120)

    class Meta:
        verbose_name = _("run of a linkage model")
        verbose_name_plural = _("runs of linkage models")
        ordering = ["-id"]
        triggers = [append_only("linkage_run_stands")]
        db_table_comment = "Trials of drafts of the linkage model, and linking again"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class LinkDoubt(models.Model):
    """An automatic link that the version in force would not make any more; a person looks at it.

    The link itself stays until a row is moved out of the file, which a second person approves.
    """

    run = models.ForeignKey(
        LinkageRun, on_delete=models.PROTECT, related_name="doubts", db_index=False
    )
    row = models.ForeignKey(
        "enrollment.RosterRow", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    person = models.ForeignKey(
        "enrollment.Person", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Where the row is insured, by which the doubt is in somebody's scope.
    area = models.ForeignKey("core.Area", verbose_name=_("area"), on_delete=models.PROTECT)
    now = models.CharField(
        _("what the version in force would do"), max_length=10, choices=DoubtNow.choices
    )
    score = models.FloatField(_("score then"))
    state = models.CharField(
        _("state"), max_length=10, choices=DoubtState.choices, default=DoubtState.OPEN
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=120, blank=True, db_default="")
    note = models.CharField(_("note"), max_length=500, blank=True, db_default="")

    class Meta:
        verbose_name = _("doubted link")
        verbose_name_plural = _("doubted links")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="link_doubt_open_once", fields=["row"], condition=Q(state="OPEN")
            ),
            models.CheckConstraint(
                name="link_doubt_answer_is_complete",
                condition=Q(state="OPEN", answered_at=None, answered_by="")
                | (~Q(state="OPEN") & Q(answered_at__isnull=False) & ~Q(answered_by="")),
            ),
        ]
        indexes = [
            # Serves the list of doubts of a scope.
            models.Index(fields=["area", "state", "-id"], name="link_doubt_by_area"),
        ]
        db_table_comment = "Automatic links that the version in force would not make any more"

    def __str__(self) -> str:
        return str(self.pk)


class FoundPerson(models.Model):
    """Whose a row of an earlier roster is that waits, as a later roster tells; unique by the two.

    Written when the later roster is linked, and anew whenever it is linked again. Nothing follows
    from it before that roster is applied, and nothing ever where a person has the row in hand.
    """

    batch = models.ForeignKey(
        "enrollment.RosterBatch", on_delete=models.PROTECT, related_name="found", db_index=False
    )
    row = models.ForeignKey("enrollment.RosterRow", on_delete=models.PROTECT, related_name="+")
    # No foreign key: the file may be one that the later roster opens.
    person_id = models.BigIntegerField()
    score = models.FloatField(_("score"))
    evidence = ArrayField(models.TextField(), verbose_name=_("evidence"), default=list)
    model_version = models.ForeignKey(
        LinkageModelVersion,
        verbose_name=_("linkage model"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("person found for a waiting row")
        verbose_name_plural = _("persons found for waiting rows")
        constraints = [
            models.UniqueConstraint(name="found_person_once", fields=["batch", "row"]),
            models.CheckConstraint(
                name="found_person_score_is_a_share", condition=Q(score__gte=0) & Q(score__lte=1)
            ),
        ]
        indexes = [
            # Serves applying by ranges of people.
            models.Index(fields=["batch", "person_id"], name="found_person_by_range"),
        ]
        db_table_comment = "Whose the waiting rows of earlier rosters are, as a later roster tells"

    def __str__(self) -> str:
        return f"{self.row_id} {self.person_id}"
