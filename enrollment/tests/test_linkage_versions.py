"""Versions of the linkage model: one in use, approved by a second person, never changed."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from bureau.core import clock
from enrollment.choices import ModelOrigin, ModelState
from enrollment.models import LinkageModelVersion
from enrollment.rules import matching
from enrollment.services import linkage

pytestmark = pytest.mark.django_db


def a_version(number=2, **fields):
    model = matching.CERTAIN_TIERS
    return LinkageModelVersion.objects.create(
        **{
            "number": number,
            "origin": ModelOrigin.ROLLS,
            "weights": matching.weights_of(model),
            "thresholds": matching.thresholds_of(model),
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
    model = linkage.model_of(linkage.version_in_use())
    shipped = matching.CERTAIN_TIERS
    assert dict(model.bits) == {code: float(bits) for code, bits in shipped.bits.items()}
    assert dict(model.name_bits) == {code: float(bits) for code, bits in shipped.name_bits.items()}
    assert model.vetoes == shipped.vetoes
    assert matching.thresholds_of(model) == matching.thresholds_of(shipped)


def test_a_veto_that_nobody_knows_is_no_model():
    model = matching.CERTAIN_TIERS
    with pytest.raises(ValueError, match="MOON_PHASE"):
        matching.model_of(
            "x",
            weights=matching.weights_of(model),
            thresholds=matching.thresholds_of(model),
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
