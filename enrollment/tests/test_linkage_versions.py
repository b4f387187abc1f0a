"""Versions of the linkage model: one in use, approved by a second person, never changed."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from bureau.core import clock
from enrollment.choices import ModelOrigin, ModelState
from enrollment.models import LinkageModelVersion
from enrollment.rules import linkage_terms, matching
from enrollment.services import linkage

pytestmark = pytest.mark.django_db


def a_version(number=2, **fields):
    model = matching.CERTAIN_TIERS
    return LinkageModelVersion.objects.create(
        **{
            "number": number,
            "origin": ModelOrigin.ROLLS,
            "weights": linkage_terms.weights_of(model),
            "thresholds": linkage_terms.thresholds_of(model),
            "vetoes": [veto.code for veto in model.vetoes],
            "made_at": clock.now(),
            "made_by": "clerk",
            **fields,
        }
    )


def test_the_softwares_own_version_is_in_use_until_another_is_approved():
    version = linkage.version_in_use()
    assert (version.number, version.origin, version.state) == (1, "SHIPPED", "IN_USE")
    assert linkage.version_in_use() == version
    assert LinkageModelVersion.objects.count() == 1


def test_a_model_survives_being_kept_as_data():
    model = matching.CERTAIN_TIERS
    kept = linkage_terms.model_of(
        model.name,
        weights=linkage_terms.weights_of(model),
        thresholds=linkage_terms.thresholds_of(model),
        vetoes=[veto.code for veto in model.vetoes],
    )
    assert kept == model


def test_the_software_comes_with_estimated_weights():
    version = linkage.version_in_use()
    model = linkage.model_of(version)
    assert set(version.vetoes) == {veto.code for veto in matching.VETOES}
    assert version.training["rounds"] > 1
    assert model.bits != matching.CERTAIN_TIERS.bits
    # What speaks for one person weighs more than what speaks less for it.
    assert model.bits[matching.NumberEvidence.SLIP] > model.bits[matching.NumberEvidence.SLIPS] > 0
    assert model.bits[matching.BirthEvidence.EQUAL] > model.bits[matching.BirthEvidence.PART] > 0
    assert model.bits[matching.BirthEvidence.DIFFERENT] < 0


def test_a_veto_that_nobody_knows_is_no_model():
    model = matching.CERTAIN_TIERS
    with pytest.raises(ValueError, match="MOON_PHASE"):
        linkage_terms.model_of(
            "x",
            weights=linkage_terms.weights_of(model),
            thresholds=linkage_terms.thresholds_of(model),
            vetoes=["MOON_PHASE"],
        )


@pytest.mark.parametrize(
    "change",
    [
        {"weights": {}},
        {"thresholds": {}},
        {"vetoes": []},
        {"number": 9},
        {"made_by": "somebody else"},
        {
            "state": ModelState.RETIRED,
            "retired_at": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        },
        {"state": ModelState.IN_USE},
    ],
)
def test_a_draft_is_neither_rewritten_nor_used_without_a_second_person(change):
    version = a_version()
    with pytest.raises(IntegrityError), transaction.atomic():
        LinkageModelVersion.objects.filter(pk=version.pk).update(**change)


def test_two_versions_are_not_in_use_at_once():
    linkage.version_in_use()
    with pytest.raises(IntegrityError), transaction.atomic():
        a_version(origin=ModelOrigin.SHIPPED, state=ModelState.IN_USE)


def test_no_version_is_removed():
    version = a_version()
    with pytest.raises(IntegrityError), transaction.atomic():
        version.delete()
