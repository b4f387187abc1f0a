"""Area paths follow the tree by themselves, whichever way a row is written."""

import pytest
from django.db import IntegrityError, transaction

from bureau.core import integrity
from bureau.core.models import Area

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    city = Area.objects.create(code="210200", name="大连市", level="CITY")
    county = Area.objects.create(code="210281", name="瓦房店市", level="COUNTY", parent=city)
    town = Area.objects.create(code="210281100", name="复州城镇", level="TOWN", parent=county)
    village = Area.objects.create(code="210281100200", name="八里村", level="VILLAGE", parent=town)
    return city, county, town, village


def paths(*areas):
    for area in areas:
        area.refresh_from_db()
    return [area.path for area in areas]


def test_the_path_is_the_chain_of_codes(tree):
    assert paths(*tree) == [
        "210200/",
        "210200/210281/",
        "210200/210281/210281100/",
        "210200/210281/210281100/210281100200/",
    ]


def test_a_new_code_carries_down_to_all_below(tree):
    Area.objects.filter(code="210281").update(code="210282")
    assert paths(*tree)[3] == "210200/210282/210281100/210281100200/"


def test_a_move_carries_down_to_all_below(tree):
    city, county, town, village = tree
    other = Area.objects.create(code="210283", name="庄河市", level="COUNTY", parent=city)
    town.parent = other
    town.save()
    assert paths(county, town, village) == [
        "210200/210281/",
        "210200/210283/210281100/",
        "210200/210283/210281100/210281100200/",
    ]


def test_a_path_written_by_hand_is_put_right(tree):
    Area.objects.filter(code="210281100").update(path="elsewhere/")
    assert paths(tree[2]) == ["210200/210281/210281100/"]


def test_parents_and_children_may_come_in_one_statement():
    city = Area(id=1, code="210200", name="大连市", level="CITY")
    county = Area(id=2, code="210281", name="瓦房店市", level="COUNTY", parent=city)
    town = Area(id=3, code="210281100", name="复州城镇", level="TOWN", parent=county)
    for area in (city, county, town):
        area.path = area.code
    Area.objects.bulk_create([city, county, town])
    assert paths(town) == ["210200/210281/210281100/"]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("210281", {"level": "VILLAGE", "parent": "210281100"}),
        ("210281", {"level": "TOWN"}),
        ("210281100", {"parent": "210281100"}),
        ("210281", {"parent": "210281100"}),
    ],
    ids=["below its own child", "level of its child", "under itself", "under its child"],
)
def test_an_area_lies_below_one_of_a_higher_level(tree, code, change):
    if "parent" in change:
        change = {**change, "parent": Area.objects.get(code=change["parent"])}
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Area.objects.filter(code=code).update(**change)
    assert integrity.constraint_of(refused.value) == "area_lies_below_its_parent"
