"""Change history and access log in the words and masks of the page."""

from typing import Any

import pytest

from bureau.core import audit, clock
from bureau.core.models import Area
from bureau.ui import masking, trails

pytestmark = pytest.mark.django_db


def test_a_change_is_told_with_its_mask(areas: Any) -> None:
    area = areas["zhuanghe"]
    Area.objects.filter(pk=area.pk).update(name="庄河县", name_en="")
    area.refresh_from_db()
    (change,) = trails.changes_of(area, masks={"name": masking.masked_name}, hidden=["name_en"])
    assert [(d.before, d.after) for d in change.differences] == [("庄*市", "庄*县")]


def test_values_are_written_as_elsewhere(areas: Any) -> None:
    area = areas["zhuanghe"]
    Area.objects.filter(pk=area.pk).update(is_pooling_area=True)
    area.refresh_from_db()
    (change,) = trails.changes_of(area)
    assert change.differences[0].before != change.differences[0].after
    assert "True" not in change.differences[0].after


def test_looks_are_listed_newest_first(areas: Any, clerk: Any) -> None:
    area = areas["zhuanghe"]
    audit.log_access(area, "view", by=clerk, at=clock.now())
    audit.log_access(area, "reveal", by=clerk, at=clock.now(), fields=["name"], reason="核对")
    audit.log_access(areas["wafangdian"], "view", by=clerk, at=clock.now())
    looks = trails.looks_at(area)
    assert [look.reason for look in looks] == ["核对", ""]
    assert looks[0].fields == "name"
