"""Versions of the linkage model: the list, one version, a draft by hand, and the acts on them.

They hold for the whole city, so a version is named in the address and there is no page per object.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, approvals, clock, jobs
from bureau.core.errors import DomainError
from bureau.core.models import Job
from bureau.ui import formatting
from bureau.ui.charts import Bar, Bars, Chart
from bureau.ui.forms import EntryForm
from bureau.ui.masking import masked_name
from bureau.ui.statuses import status_of
from bureau.ui.views import ActionView, FormPage, PortalPage
from enrollment.choices import ModelOrigin, ModelState
from enrollment.models import LinkageModelVersion, LinkageRun, RosterRow
from enrollment.rules import linkage_terms
from enrollment.rules.matching import VETOES
from enrollment.selectors import linkage_models as selectors
from enrollment.services import linkage
from enrollment.services import linkage_versions as services
from enrollment.tables import linkage_words as words
from enrollment.tables.rosters import place_of
from enrollment.views.people_looks import PageOfPeople
from enrollment.views.review_terms import may_change

MODELS = "enrollment:linkage-models"
MODEL_PARENTS = ((gettext_lazy("Linkage model"), MODELS),)


JOBS = (services.TRAIN, services.TRY, services.RELINK)


def address_of(version: LinkageModelVersion) -> str:
    return f"{reverse('enrollment:linkage-model')}?version={version.number}"


def version_asked(request: HttpRequest) -> LinkageModelVersion:
    """The version that the address or form names, else the one in force; Http404 for no such."""
    wanted = request.POST.get("version") or request.GET.get("version", "")
    if not wanted:
        return linkage.version_in_use()
    found = selectors.version_of(wanted)
    if found is None:
        raise Http404
    return found


def may_act(page: PortalPage) -> bool:
    """Versions hold for the whole city: whose role covers it may work on them."""
    roles = access.roles_for("enrollment:linkage-act", "POST")
    return page.actor.has(*roles) and may_change(page.actor.scope(*roles))


def _job_facts(job: Job | None) -> dict[str, Any]:
    return {"job": job, "progress": jobs.progress_of(job) if job else None}


class LinkageModels(PortalPage):
    """Every version with its state, where it comes from, and linking again by the one in force."""

    title = gettext_lazy("Linkage model")
    lead = gettext_lazy(
        "By these terms rows of rosters are linked to people. A version comes into force once a "
        "second person approved it; what rosters were linked by stays on record with each link."
    )
    template_name = "enrollment/linkage_models.html"

    def context(self) -> dict[str, Any]:
        in_use = linkage.version_in_use()
        doubts = selectors.counts_of_doubts(self.scope)
        failed = selectors.last_failed(*JOBS)
        return {
            "versions": [
                {
                    "version": version,
                    "url": address_of(version),
                    "status": status_of(ModelState, version.state),
                    "origin": version.get_origin_display(),
                    "trained_on": words.trained_on(version),
                    "maker": words.maker_text(version),
                    "limits": " / ".join(
                        words.figure(version.thresholds.get(key))
                        for key in ("link_from_bits", "lead_bits", "offer_from")
                    ),
                }
                for version in selectors.versions()
            ],
            "in_use": in_use,
            "in_use_url": address_of(in_use),
            "may_act": may_act(self),
            "failed_url": reverse("portal:job-detail", args=[failed.pk]) if failed else "",
            "failed_text": failed.last_error if failed else "",
            "runs": [_run_line(run) for run in selectors.relink_runs()],
            "doubts": doubts["count"],
            **_job_facts(selectors.running(*JOBS)),
        }


def _run_line(run: LinkageRun) -> dict[str, Any]:
    return {
        "at": run.made_at,
        "by": run.made_by,
        "version": run.version.number,
        **{
            key: formatting.number(run.figures.get(key))
            for key in ("waiting", "linked", "people", "pairs", "firm", "doubts")
        },
    }


class LinkageModel(PageOfPeople, PortalPage):
    """One version: limits, vetoes, weights in words, its training, what a trial found."""

    template_name = "enrollment/linkage_model.html"
    parents = MODEL_PARENTS

    @cached_property
    def version(self) -> LinkageModelVersion:
        return version_asked(self.request)

    @cached_property
    def in_use(self) -> LinkageModelVersion:
        return linkage.version_in_use()

    @cached_property
    def trial(self) -> LinkageRun | None:
        return services.latest_trial(self.version)

    def page_title(self) -> str:
        return _("Linkage model, version %(number)s") % {"number": self.version.number}

    def charts(self) -> list[Chart]:
        if self.trial is None:
            return []
        changes = self.trial.figures["changes"]
        return [
            Bars(
                key="changes",
                title=_("What would change"),
                finding=_("%(n)s rows would be linked besides, %(m)s not any more.")
                % {
                    "n": formatting.number(changes["LINK_GAINED"]),
                    "m": formatting.number(changes["LINK_LOST"]),
                },
                bars=[Bar(label, changes[kind]) for kind, label in words.CHANGES.items()],
                label_head=_("What changes"),
                value_head=_("Rows or pairs"),
            )
        ]

    def facts(self) -> list[tuple[Any, Any]]:
        version = self.version
        facts = [
            (_("Where its weights come from"), version.get_origin_display()),
            (_("Learnt from"), words.trained_on(version)),
            (_("Made by"), words.maker_text(version)),
            (_("Made at"), formatting.instant(version.made_at)),
        ]
        if version.based_on:
            facts.append((_("Based on version"), str(version.based_on.number)))
        if version.note:
            facts.append((_("Remarks"), version.note))
        if version.approved_at:
            facts += [
                (_("Approved by"), version.approved_by),
                (_("In force from"), formatting.instant(version.approved_at)),
            ]
        if version.retired_at:
            facts.append((_("Retired at"), formatting.instant(version.retired_at)))
        return facts

    def examples(self) -> list[dict[str, Any]]:
        """Some of each kind of change, names masked, of the reader's areas; the look is noted."""
        found = self.trial.figures["examples"] if self.trial else {}
        named = selectors.rows_of_examples(
            (pair for pairs in found.values() for pair in pairs), self.scope
        )
        if not named:
            return []
        self.note_look(RosterRow._meta.label_lower, "list", fields=["name"], row_count=len(named))
        may_open = access.may(self.actor, "enrollment:roster-row")

        def side(number: int) -> dict[str, str]:
            row, area = named[number]
            return {
                "name": masked_name(row.name),
                "place": f"{area} · {place_of(row)}",
                "url": reverse("enrollment:roster-row", args=[row.batch_id, row.pk])
                if may_open
                else "",
            }

        return [
            {"change": words.CHANGES[kind], "left": side(pair[0]), "right": side(pair[1])}
            for kind in words.CHANGES
            for pair in found.get(kind, [])
            if pair[0] in named and pair[1] in named
        ]

    def tried(self) -> dict[str, Any]:
        """What the latest trial found, as tables."""
        trial = self.trial
        if trial is None:
            return {"trial": None}
        figures, against = trial.figures, trial.against
        in_force = _("Version %(number)s, in force then") % {"number": against.number}
        this = _("This version")
        return {
            "trial": trial,
            "against": against.number,
            "is_stale": against.pk != self.in_use.pk,
            "records": figures["records"],
            "counts": [
                (label, figures["before"][key], figures["after"][key])
                for key, label in words.COUNTS.items()
            ],
            "chart": self.charts()[0],
            "reviewed_pairs": figures["reviewed"]["pairs"],
            "reviewed": [
                words.reviewed_line(in_force, figures["reviewed"]["before"]),
                words.reviewed_line(this, figures["reviewed"]["after"]),
            ],
            "examples": self.examples(),
        }

    def context(self) -> dict[str, Any]:
        version, in_use = self.version, self.in_use
        may, state = may_act(self), version.state
        request = approvals.latest_of(version, services.KIND)
        job = selectors.running(services.TRY, version=version)
        vetoes = set(version.vetoes)
        return {
            "version": version,
            "status": status_of(ModelState, state),
            "in_use": in_use,
            "is_in_use": version.pk == in_use.pk,
            "facts": self.facts(),
            "limits": words.limits(version, in_use),
            "weights": words.weights(version, in_use),
            "prior": words.figure(version.weights["prior"]["PRIOR"]),
            "vetoes": [
                (words.VETOES[veto.code], veto.code in vetoes, veto.code in set(in_use.vetoes))
                for veto in VETOES
            ],
            "query": f"version={version.number}",
            "request_url": reverse("portal:approval-detail", args=[request.pk]) if request else "",
            "is_submitted": state == ModelState.SUBMITTED,
            "may_try": may and state == ModelState.DRAFT and job is None,
            "may_submit": may
            and state == ModelState.DRAFT
            and self.trial is not None
            and self.trial.against_id == in_use.pk,
            "may_draft": may and state != ModelState.DROPPED,
            "may_return": may and state == ModelState.RETIRED,
            **_job_facts(job),
            **self.tried(),
        }


class DraftForm(EntryForm):
    """Limits and vetoes of a draft; weights are learnt and never typed."""

    vetoes = forms.MultipleChoiceField(
        label=gettext_lazy("Vetoes"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=list(words.VETOES.items()),
        help_text=gettext_lazy(
            "What a veto forbids is never linked without asking, whatever else agrees."
        ),
    )
    note = forms.CharField(
        label=gettext_lazy("Remarks"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Why this draft; the one who approves reads it."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        own = self.fields
        self.fields = {}
        for key, (label, meaning) in words.LIMITS.items():
            least, most = linkage_terms.REASONABLE[key]
            kind: Any = linkage_terms.THRESHOLDS[key]
            field: Any = forms.IntegerField if kind is int else forms.FloatField
            self.fields[key] = field(
                label=label,
                min_value=kind(least),
                max_value=kind(most),
                widget=forms.TextInput(attrs={"class": "input-number", "inputmode": "decimal"}),
                help_text=_("%(meaning)s From %(least)s to %(most)s.")
                % {
                    "meaning": meaning,
                    "least": words.figure(least),
                    "most": words.figure(most),
                },
            )
        self.fields |= own


class LinkageDraft(FormPage):
    """A draft with other limits than an existing version; that version stays as it is."""

    title = gettext_lazy("Draft with other limits")
    lead = gettext_lazy(
        "The weights stay those of the version it is drafted from. Nothing counts before a trial "
        "run and the approval of a second person."
    )
    parents = MODEL_PARENTS
    form_class = DraftForm
    submit_label = gettext_lazy("Keep the draft")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_act(self):
            messages.error(
                request, _("The linkage model holds for the whole city; it is changed there.")
            )
            return redirect(MODELS)
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def base(self) -> LinkageModelVersion:
        return version_asked(self.request)

    def initial(self) -> dict[str, Any]:
        given = {key: words.figure(self.base.thresholds[key]) for key in words.LIMITS}
        return {**given, "vetoes": self.base.vetoes}

    def carry_out(self, form: Any) -> str:
        given = dict(form.cleaned_data)
        made = services.draft(
            self.base,
            thresholds={key: given[key] for key in words.LIMITS},
            vetoes=given["vetoes"],
            note=given["note"],
            at=clock.now(),
            by=self.actor,
        )
        return address_of(made)

    def success_message(self, form: Any) -> str:
        return _("The draft is kept. Make a trial run to see what it would change.")


class LinkageAct(ActionView):
    """Learning a version, trying, submitting or giving up a draft, going back, linking again."""

    target: str = ""

    def act(self) -> str:
        roles = access.roles_for("enrollment:linkage-act", "POST")
        if not may_change(self.actor.scope(*roles)):
            raise DomainError(
                "CITY_ONLY", _("The linkage model holds for the whole city; it is changed there.")
            )
        wanted = self.request.POST.get("act", "")
        acts = {
            "train": self.train,
            "try": self.try_out,
            "submit": self.submit,
            "drop": self.drop,
            "return": self.go_back,
            "relink": self.relink,
        }
        if wanted not in acts:
            raise DomainError("NO_SUCH_ACT", _("Choose what is to be done."))
        return acts[wanted]()

    @property
    def staff(self) -> Any:
        return self.request.user

    def train(self) -> str:
        learnt_from = self.request.POST.get("origin", "")
        if learnt_from not in (ModelOrigin.ROLLS, ModelOrigin.DECISIONS):
            raise DomainError("NO_SUCH_ACT", _("Choose what is to be done."))
        services.ask_to_train(ModelOrigin(learnt_from), by=self.staff, at=clock.now())
        return _("A version is being learnt; it will stand here as a draft.")

    def try_out(self) -> str:
        version = version_asked(self.request)
        self.target = address_of(version)
        services.ask_to_try(version, by=self.staff, at=clock.now())
        return _("The trial run has begun.")

    def submit(self) -> str:
        version = version_asked(self.request)
        self.target = address_of(version)
        reason = self.request.POST.get("reason", "").strip()[:2000]
        if not reason:
            raise DomainError("REASON_MISSING", _("Say why you decide so."))
        services.submit(version, reason=reason, at=clock.now(), by=self.staff)
        return _("Submitted. A second person approves it.")

    def drop(self) -> str:
        version = version_asked(self.request)
        self.target = address_of(version)
        services.drop(version, by=self.staff, at=clock.now())
        return _("The draft is given up; it stays on record.")

    def go_back(self) -> str:
        made = services.draft_like(version_asked(self.request), at=clock.now(), by=self.actor)
        self.target = address_of(made)
        return _("A draft with the terms of that version is made; try it and submit it.")

    def relink(self) -> str:
        services.ask_to_relink(by=self.staff, at=clock.now())
        return _("Linking again has begun; no link changes by it.")

    def next_url(self) -> str:
        return self.target or reverse(MODELS)
