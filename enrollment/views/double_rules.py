"""Versions of the rules and subsidies per head: looked at, changed as drafts, submitted.

They hold for the whole city, so there is no page per object: a version is named in the address.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.backends.postgresql.psycopg_any import DateRange
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, approvals, clock
from bureau.core.actors import Scope
from bureau.core.choices import AreaLevel
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.ui import formatting
from bureau.ui.forms import DateField, EntryForm, MoneyField, WholeNumberField
from bureau.ui.statuses import status_of
from bureau.ui.views import ActionView, FormPage, PortalPage
from enrollment.choices import Scheme
from enrollment.choices.double import Confidence, Standing, VersionState
from enrollment.models import DoubleRule, DoubleRuleSet, SubsidyStandard
from enrollment.rules.double_notices import PLACES
from enrollment.services import double_rules as services
from enrollment.tables import double_words as words
from enrollment.tables.people_lines import period_text, scheme_name
from enrollment.views.double_cases import PARENTS

RULE_PARENTS = (*PARENTS, (gettext_lazy("Rules"), "enrollment:double-rules"))


def city() -> Area:
    return Area.objects.get(level=AreaLevel.CITY)


def version_asked(number: str) -> DoubleRuleSet:
    """The version of this number; without one the newest. Http404 when there is none."""
    if not number:
        newest = DoubleRuleSet.objects.order_by("-number").first()
        if newest is None:
            raise Http404
        return newest
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise Http404
    found: DoubleRuleSet = get_object_or_404(DoubleRuleSet, number=int(number))
    return found


class DoubleRules(PortalPage):
    """The rules of one version in their order, the notice, the subsidies; what may be done."""

    title = gettext_lazy("Rules of double enrollment")
    lead = gettext_lazy(
        "Rules are asked in this order. A version is in force from its day on, once a second "
        "person approved it; what is no official text is marked so."
    )
    template_name = "enrollment/double_rules.html"
    parents = PARENTS

    @cached_property
    def version(self) -> DoubleRuleSet | None:
        if not DoubleRuleSet.objects.exists():
            return None
        return version_asked(self.request.GET.get("version", ""))

    def context(self) -> dict[str, Any]:
        version = self.version
        rules = DoubleRule.objects.filter(rule_set=version) if version else []
        may = access.may(self.actor, "enrollment:double-rules-change", "POST")
        may = may and self.scope.covers(city().path)
        subsidies = SubsidyStandard.objects.select_related("area").order_by("-year", "scheme")
        return {
            "version": version,
            "versions": [
                (found.number, status_of(VersionState, found.state), found.pk == version.pk)
                for found in DoubleRuleSet.objects.order_by("-number")
                if version
            ],
            "facts": version_facts(version) if version else [],
            "rules": [
                {
                    "rule": rule,
                    "name": words.rule_name(rule.code),
                    "clause": words.clause_text(rule),
                    "loser": formatting.choice_label(Standing, rule.loser),
                    "confidence": status_of(Confidence, rule.confidence),
                }
                for rule in rules
            ],
            "paragraphs": words.notice_paragraphs(version.notice_text) if version else [],
            "subsidies": [
                {
                    "standard": found,
                    "scheme": scheme_name(found.scheme),
                    "amount": words.amount_text(found.amount, is_minimum=found.is_minimum),
                    "confidence": status_of(Confidence, found.confidence),
                    "state": status_of(VersionState, found.state),
                    "is_draft": found.state == VersionState.DRAFT,
                }
                for found in subsidies
            ],
            "may": may,
            "is_draft": bool(version and version.state == VersionState.DRAFT),
            "may_draft": may and not _has_draft(),
        }


def _has_draft() -> bool:
    return DoubleRuleSet.objects.exclude(state=VersionState.APPROVED).exists()


def version_facts(version: DoubleRuleSet) -> list[tuple[Any, Any]]:
    yes, no = _("Yes"), _("No")
    request = approvals.latest_of(version, services.RULES_KIND)
    return [
        (_("Version"), str(version.number)),
        (_("State"), version.get_state_display()),
        (_("In force during"), period_text(version.period)),
        (_("Standing is measured up to"), formatting.day(version.measured_on)),
        (_("Year's subsidy deducted where earlier days stay in force"),
         yes if version.recovers_part_year else no),
        (_("Days for an objection"), formatting.number(version.objection_days)),
        (_("Made by"), words.maker_text(version.made_by)),
        (_("Submitted by"), request.maker.full_name if request else formatting.ABSENT),
        (_("Approved by"), version.approved_by or formatting.ABSENT),
        (_("Source"), version.source),
    ]  # fmt: skip


def _expect_city(scope: Scope) -> None:
    """Raises DomainError for a reader whose role does not cover the city."""
    if not scope.covers(city().path):
        raise DomainError(
            "NOT_THE_CITY",
            gettext_lazy("Rules and subsidies hold for the whole city; they are changed there."),
        )


class CityForm(FormPage):
    """A form about what holds for the whole city: for those whose role covers it."""

    parents = RULE_PARENTS

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if refusal := self.refused():
            messages.error(request, refusal)
            return redirect("enrollment:double-rules")
        return super().dispatch(request, *args, **kwargs)

    def refused(self) -> str:
        """Why the reader cannot do this here; empty when it can be done."""
        if self.scope.covers(city().path):
            return ""
        return _("Rules and subsidies hold for the whole city; they are changed there.")


class RulesForm(EntryForm):
    """A version of rules: its general terms, the notice, and the terms of each rule."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    from_day = DateField(label=gettext_lazy("In force from"))
    measured_on = DateField(
        label=gettext_lazy("Standing is measured up to"),
        help_text=gettext_lazy("Months of uninterrupted insurance count up to this day."),
    )
    recovers_part_year = forms.BooleanField(
        label=gettext_lazy("Deduct the year's subsidy also where earlier days stay in force"),
        required=False,
    )
    objection_days = WholeNumberField(label=gettext_lazy("Days for an objection"), minimum=1)
    source = forms.CharField(
        label=gettext_lazy("Source"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000
    )
    notice_title = forms.CharField(label=gettext_lazy("Heading of the notice"), max_length=60)
    notice_text = forms.CharField(
        label=gettext_lazy("Text of the notice"),
        widget=forms.Textarea(attrs={"rows": 10}),
        max_length=4000,
    )

    def __init__(self, *args: Any, rules: list[DoubleRule], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["notice_text"].help_text = _("Places that are filled: %(places)s") % {
            "places": " ".join(f"%({place})s" for place in PLACES)
        }
        self.rules = rules
        for rule in rules:
            self._add(rule)

    def _add(self, rule: DoubleRule) -> None:
        """The terms of one rule, each label naming it."""
        name = words.rule_name(rule.code)
        fields: dict[str, forms.Field] = {
            "priority": WholeNumberField(label=_("Place in the order"), minimum=1),
            "is_active": forms.BooleanField(label=_("Is asked"), required=False),
            "singly": forms.BooleanField(label=_("Each case is looked at singly"), required=False),
            "months": WholeNumberField(label=_("Months"), minimum=0),
            "loser": forms.ChoiceField(
                label=_("The other coverage"),
                choices=[(s.value, s.label) for s in (Standing.ENDS, Standing.PAUSES)],
            ),
            "clause": forms.CharField(
                label=_("Clause"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000
            ),
            "clause_en": forms.CharField(
                label=_("Clause in English"),
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
                max_length=1000,
            ),
            "source": forms.CharField(label=_("Source"), max_length=200),
            "confidence": forms.ChoiceField(
                label=_("How well it is known"), choices=Confidence.choices
            ),
        }
        for field_name, field in fields.items():
            field.label = f"{name} – {field.label}"
            self.fields[f"{rule.code}-{field_name}"] = field

    def values(self) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The fields of the version, and those of its rules by code."""
        cleaned = dict(self.cleaned_data)
        rules: dict[str, dict[str, Any]] = {}
        for rule in self.rules:
            names = [name for name in cleaned if name.startswith(f"{rule.code}-")]
            rules[rule.code] = {name.partition("-")[2]: cleaned.pop(name) for name in names}
        cleaned["period"] = DateRange(cleaned.pop("from_day"), None)
        return cleaned, rules


class DoubleRulesChange(CityForm):
    """The draft is changed; nothing counts until a second person approved it."""

    title = gettext_lazy("Change the draft of the rules")
    form_class = RulesForm
    submit_label = gettext_lazy("Save the draft")

    def refused(self) -> str:
        if refusal := super().refused():
            return refusal
        drafts = DoubleRuleSet.objects.filter(state=VersionState.DRAFT)
        return "" if drafts.exists() else _("There is no draft; make one from a version first.")

    @cached_property
    def draft(self) -> DoubleRuleSet:
        return DoubleRuleSet.objects.get(state=VersionState.DRAFT)

    @cached_property
    def rules(self) -> list[DoubleRule]:
        return list(DoubleRule.objects.filter(rule_set=self.draft).order_by("priority"))

    def form_options(self) -> dict[str, Any]:
        return {"rules": self.rules}

    def initial(self) -> dict[str, Any]:
        version = self.draft
        names = ("title", "measured_on", "recovers_part_year", "objection_days", "source",
                 "notice_title", "notice_text")  # fmt: skip
        found = {name: getattr(version, name) for name in names}
        found["from_day"] = version.period.lower
        for rule in self.rules:
            for name in ("priority", "is_active", "singly", "months", "loser", "clause",
                         "clause_en", "source", "confidence"):  # fmt: skip
                found[f"{rule.code}-{name}"] = getattr(rule, name)
        return found

    def carry_out(self, form: Any) -> str:
        fields, rules = form.values()
        services.change_draft(self.draft, fields=fields, rules=rules, at=clock.now(), by=self.actor)
        return reverse("enrollment:double-rules")

    def success_message(self, form: Any) -> str:
        return _("The draft is saved. It counts once it is submitted and approved.")


class DoubleRulesAct(ActionView):
    """A new draft is made, or the draft is submitted."""

    def act(self) -> str:
        _expect_city(self.scope)
        at = clock.now()
        version = version_asked(self.request.POST.get("version", ""))
        if self.request.POST.get("act") == "draft":
            services.draft_from(version, at=at, by=self.actor)
            return _("The draft is ready to be changed.")
        reason = self.request.POST.get("reason", "").strip()[:2000]
        if not reason:
            raise DomainError("REASON_MISSING", _("Say why you decide so."))
        staff: Any = self.request.user
        services.submit_rules(version, reason=reason, at=at, by=staff)
        return _("Submitted. A second person approves it.")

    def next_url(self) -> str:
        return reverse("enrollment:double-rules")


class SubsidyForm(EntryForm):
    """What government pays a year for one insured resident, and where that is written."""

    year = WholeNumberField(label=gettext_lazy("Year"), minimum=2000)
    scheme = forms.ChoiceField(
        label=gettext_lazy("Scheme"),
        choices=[(s.value, s.label) for s in Scheme if s != Scheme.UEBMI],
    )
    area = forms.ModelChoiceField(Area.objects.none(), label=gettext_lazy("Area"))
    amount = MoneyField(label=gettext_lazy("Subsidy per head"))
    is_minimum = forms.BooleanField(
        label=gettext_lazy("National minimum; the local amount may be higher"), required=False
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("Name the document, who issued it, its number and date."),
        max_length=200,
    )
    confidence = forms.ChoiceField(
        label=gettext_lazy("How well it is known"), choices=Confidence.choices
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["area"]
        field.queryset = Area.objects.filter(level__in=["CITY", "COUNTY"]).order_by("path")


class SubsidyAdd(CityForm):
    """An amount is entered as a draft; it counts once it is submitted and approved."""

    title = gettext_lazy("Enter a subsidy per head")
    form_class = SubsidyForm
    check_answers = True
    submit_label = gettext_lazy("Enter")

    def carry_out(self, form: Any) -> str:
        services.enter_subsidy(fields=form.cleaned_data, at=clock.now(), by=self.actor)
        return f"{reverse('enrollment:double-rules')}#subsidies"

    def success_message(self, form: Any) -> str:
        return _("The amount is entered. Submit it so that it counts.")


class SubsidySubmit(ActionView):
    """A draft amount waits for a second person."""

    def act(self) -> str:
        _expect_city(self.scope)
        number = self.request.POST.get("standard", "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise Http404
        standard = get_object_or_404(SubsidyStandard.objects.select_related("area"), pk=int(number))
        staff: Any = self.request.user
        services.submit_subsidy(standard, reason=standard.source, at=clock.now(), by=staff)
        return _("Submitted. A second person approves it.")

    def next_url(self) -> str:
        return f"{reverse('enrollment:double-rules')}#subsidies"
