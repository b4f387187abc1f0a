"""The overview of de-duplication: rows at each stage, the subsidy avoided, and by which terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock, jobs
from bureau.core.choices import UNFINISHED_JOB_STATES
from bureau.core.models import Job
from bureau.ui import formatting
from bureau.ui.charts import Bar, Bars, Chart, Funnel, HeatTable
from bureau.ui.views import ActionView, PortalPage
from enrollment.models import DedupeCount, DedupeLine
from enrollment.selectors import dedupe as selectors
from enrollment.selectors import double_rules
from enrollment.selectors.dedupe import STAGES, Stages
from enrollment.services import dedupe, linkage
from enrollment.tables import linkage_words
from enrollment.tables.people_lines import scheme_name

WORDS: Final[dict[str, Any]] = {
    "rows_read": gettext_lazy("Rows read"),
    "parsed": gettext_lazy("Rows that are records"),
    "valid": gettext_lazy("Valid rows"),
    "once": gettext_lazy("Unique in their file"),
    "matched": gettext_lazy("Meet another row"),
    "linked": gettext_lazy("Linked automatically"),
    "asked": gettext_lazy("To review"),
    "confirmed": gettext_lazy("Confirmed as one person"),
    "ended": gettext_lazy("Double coverage ended"),
}


class DedupeOverview(PortalPage):
    """What a director asks for: from rows read to double coverage ended, and what it saves."""

    title = gettext_lazy("De-duplication overview")
    lead = gettext_lazy(
        "From the rows of the rosters on the roll to double coverage that was ended, and the "
        "subsidy avoided by it; counted by a job at one moment."
    )
    template_name = "enrollment/dedupe.html"

    @cached_property
    def counted(self) -> DedupeCount | None:
        return selectors.latest()

    @cached_property
    def lines(self) -> list[DedupeLine]:
        return selectors.lines_of(self.counted, self.scope) if self.counted else []

    @cached_property
    def whole(self) -> Stages:
        return selectors.total(self.lines)

    @cached_property
    def by_area(self) -> dict[str, Stages]:
        return selectors.summed(self.lines, lambda line: str(line.area))

    @cached_property
    def by_source(self) -> dict[str, Stages]:
        return selectors.summed(self.lines, lambda line: scheme_name(line.scheme))

    def charts(self) -> Sequence[Chart]:
        if not self.lines:
            return []
        return [
            self.funnel(),
            self.saved(),
            self.grid("areas", _("By area"), _("Area"), self.by_area),
            self.grid("sources", _("By source"), _("Source"), self.by_source),
        ]

    def funnel(self) -> Funnel:
        whole = self.whole
        return Funnel(
            key="funnel",
            title=_("From rows to one roll"),
            finding=_(
                "Of %(read)s rows, %(linked)s were linked automatically, %(asked)s went to review; "
                "%(ended)s double coverages were ended."
            )
            % {
                "read": formatting.number(whole.of("rows_read")),
                "linked": formatting.number(whole.of("linked")),
                "asked": formatting.number(whole.of("asked")),
                "ended": formatting.number(whole.of("ended")),
            },
            stages=[Bar(WORDS[stage], whole.of(stage)) for stage in STAGES],
            label_head=_("Stage"),
            value_head=_("Rows; coverages at the last stage"),
        )

    def saved(self) -> Bars:
        return Bars(
            key="saved",
            title=_("Subsidy avoided by area"),
            finding=_("Together %(amount)s.") % {"amount": self.amount()},
            kind="money",
            bars=[Bar(area, stages.saved_bounded) for area, stages in self.by_area.items()],
            label_head=_("Area"),
            value_head=formatting.in_money(_("Subsidy avoided")),
        )

    def grid(self, key: str, title: str, head: str, found: dict[str, Stages]) -> HeatTable:
        most, stages = max(found.items(), key=lambda item: item[1].of("matched"))
        return HeatTable(
            key=key,
            title=title,
            finding=_("Most rows that meet another come from %(name)s: %(n)s.")
            % {"name": most, "n": formatting.number(stages.of("matched"))},
            columns=[WORDS[stage] for stage in STAGES],
            rows=[(name, list(one.counts)) for name, one in found.items()],
            label_head=head,
        )

    def amount(self) -> str:
        """What is saved; with national minimums among its parts it is a lower bound."""
        return formatting.money_prose(self.whole.saved_bounded)

    def terms(self) -> list[tuple[Any, str, str]]:
        """By which terms rows are linked and coverages end, with the way to each."""
        version, on = linkage.version_in_use(), clock.today()
        limits = [
            f"{linkage_words.LIMITS[key][0]} {linkage_words.figure(version.thresholds[key])}"
            for key in ("link_from_bits", "lead_bits", "offer_from")
        ]
        ruled = double_rules.in_force(on)
        return [
            (
                _("Linkage model, version %(number)s") % {"number": version.number},
                _(", ").join(limits),
                f"{reverse('enrollment:linkage-model')}?version={version.number}",
            ),
            (
                _("Rules of double enrollment"),
                f"{ruled.version.title} ({ruled.version.number})"
                if ruled
                else _("No version is in force."),
                reverse("enrollment:double-rules"),
            ),
        ]

    def context(self) -> dict[str, Any]:
        running = Job.objects.filter(kind=dedupe.COUNT, state__in=UNFINISHED_JOB_STATES).first()
        pairs = reverse("enrollment:review-pairs")
        charts = {chart.key: chart for chart in self.charts()}
        counted = self.counted
        return {
            "counted": counted,
            "is_current": counted is not None and counted.basis == dedupe.basis(),
            "has_lines": bool(self.lines),
            "summary": [
                (_("Rows read"), formatting.number(self.whole.of("rows_read"))),
                (_("Linked automatically"), formatting.number(self.whole.of("linked"))),
                (_("To review"), formatting.number(self.whole.of("asked"))),
                (_("Confirmed as one person"), formatting.number(self.whole.of("confirmed"))),
                (_("Double coverage ended"), formatting.number(self.whole.of("ended"))),
                (_("Subsidy avoided"), self.amount()),
            ],
            "unknown": self.whole.unknown,
            "charts": charts,
            "terms": self.terms(),
            "pairs_urls": [
                (_("Pairs found to be one person"), f"{pairs}?state=SAME"),
                (_("Pairs found to be two people"), f"{pairs}?state=DIFFERENT"),
            ]
            if access.may(self.actor, "enrollment:review-pairs")
            else [],
            "may_count": access.may(self.actor, "enrollment:dedupe-count", "POST"),
            "may_relink": access.may(self.actor, "enrollment:linkage-act", "POST"),
            "job": running,
            "progress": jobs.progress_of(running) if running else None,
        }


class DedupeRecount(ActionView):
    """The figures are counted anew by a job."""

    def act(self) -> str:
        dedupe.ask_to_count(by=self.actor, at=clock.now())
        return _("Duplicates are being counted. The page shows them when it is done.")

    def next_url(self) -> str:
        return reverse("enrollment:dedupe")
