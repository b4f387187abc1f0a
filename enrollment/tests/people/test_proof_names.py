"""Each figure of the proof has one name, and what the proof says in words is true to the whole."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.models import RosterBatch
from enrollment.reports import proof_names as names
from enrollment.reports.proof import guard_said, is_settled, verdict
from enrollment.reports.proof_tables import tables_of
from enrollment.services import proofs
from enrollment.tests.people.conftest import CITY
from enrollment.tests.people.test_proof import counted, made

FIGURES = {
    name: value for name, value in vars(names).items() if name.isupper() and name != "MEANINGS"
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_two_figures_share_a_name(language: str) -> None:
    with translation.override(language):
        said = [str(name) for name in FIGURES.values()]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_one_name_is_one_figure_in_every_table(roll: None, language: str) -> None:
    """Columns are added up; the first table gives each figure by itself."""
    proof = made()
    found: defaultdict[str, set[Any]] = defaultdict(set)
    with translation.override(language):
        own = {str(name) for name in FIGURES.values()}
        for table in tables_of(proof):
            if table.key == "equation":
                for line in table.lines:
                    found[line.values[0]].add(line.values[2])
                continue
            for place, head in enumerate(table.heads):
                if str(head.label) in own and head.kind == "number":
                    found[str(head.label)].add(sum(line.values[place] or 0 for line in table.lines))
    assert len(found) >= 12
    assert {name: figures for name, figures in found.items() if len(figures) > 1} == {}


def test_page_and_request_call_figures_by_these_names(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.CLERK, CITY, language="en")
    counted(client)
    with translation.override("en"):
        summary = [str(label) for label, _value in client.get("/proof/").context["summary"]]
        own = {str(name) for name in FIGURES.values()}
        assert set(summary) <= own
        asked = {"read", "records", "people", "waiting", "rejected", "below"}
        assert {str(proofs.SUMMARY[key]) for key in asked} <= own


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_glossary_has_each_name(language: str) -> None:
    glossary = (Path(settings.BASE_DIR) / "docs" / "glossary.md").read_text(encoding="utf-8")
    with translation.override(language):
        known = [str(name) for name, _meaning in names.MEANINGS]
    assert [name for name in known if f"| {name} |" not in glossary] == []


def test_nobody_is_lost_only_when_nobody_is(roll: None) -> None:
    proof = made()
    assert proof.below_baseline
    assert not is_settled(proof)
    with translation.override("en"):
        said = verdict(proof)
        assert "no person is lost" not in said
        assert f"{proof.below:,} altogether" in said
        assert f"{proof.below:,}" in guard_said(proof)
    RosterBatch.objects.update(state=BatchState.CHECKED)
    waiting = made()
    assert waiting.below == 0
    assert not is_settled(waiting)
    with translation.override("en"):
        assert "no person is lost" not in verdict(waiting)


def test_the_lead_of_the_page_promises_nothing(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK, CITY, language="en")
    counted(client)
    assert "nobody is lost on the way" not in client.get("/proof/").content.decode()


def test_a_draft_is_not_said_to_be_read(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK, CITY, language="en")
    counted(client)
    RosterBatch.objects.create(
        area=Area.objects.get(code=CITY), scheme="URBMI", year=2019, state=BatchState.DRAFT,
        channel="BROWSER", received_at=clock.now(), received_by="x",
    )  # fmt: skip
    page = client.get("/proof/")
    assert (page.context["proof"].unread_rosters, page.context["proof"].drafts) == (0, 1)
    text = page.content.decode()
    assert "is being read" not in text
    assert "/rosters/?state=DRAFT" in text
    assert (made().unread_rosters, made().drafts) == (0, 1)


def test_a_sum_with_a_minimum_is_a_lower_bound() -> None:
    from bureau.core.money import LowerBound, bounded, total_of
    from bureau.ui import formatting
    from bureau.ui.tables import written

    part = bounded(Decimal("520.00"), is_bound=True)
    whole = total_of([part, Decimal("1.00")])
    assert isinstance(whole, LowerBound)
    assert not isinstance(total_of([Decimal("1.00")]), LowerBound)
    assert not isinstance(bounded(Decimal("0.00"), is_bound=True), LowerBound)
    assert formatting.money(whole) == "≥ 521.00"
    assert written(whole) == "≥ 521.00"
    with translation.override("en"):
        assert formatting.money_prose(whole) == "at least CNY 521.00"
    with translation.override("zh-hans"):
        assert formatting.money_prose(whole) == "不低于521.00元"
