"""Versions of the linkage model: what speaks for one person, how much, and from which score on."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enrollment.choices import ModelOrigin, ModelState

#: What a version says never changes; only its state, its figures and who approved it do.
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
        " NOT IN (('DRAFT', 'IN_USE'), ('IN_USE', 'RETIRED'))"
    ),
    func=(
        "RAISE EXCEPTION 'a version of the linkage model goes from draft to in use to retired'"
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
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    approved_by_staff = models.ForeignKey(
        "core.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
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
                condition=Q(state="DRAFT", approved_at=None, approved_by="", approved_by_staff=None)
                | Q(origin="SHIPPED")
                | (
                    ~Q(state="DRAFT")
                    & Q(approved_at__isnull=False, approved_by_staff__isnull=False)
                    & ~Q(approved_by="")
                    & (Q(made_by_staff=None) | ~Q(approved_by_staff=F("made_by_staff")))
                ),
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
