"""Scopes and actors: roles in areas, in force on a day."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureau.core.actors import Actor, Scope, actor_from, actor_of
from bureau.core.choices import AreaLevel, Role
from bureau.core.models import Area, RoleGrant
from bureau.core.tests.factories import city, county, staff

DAY = datetime.date(2016, 9, 1)

codes = st.sampled_from(["21", "2102", "2103", "9"])
paths = st.lists(codes, min_size=1, max_size=4).map(lambda parts: "/".join(parts) + "/")


@given(st.lists(paths, max_size=8), paths)
def test_reducing_a_scope_never_changes_what_it_covers(given_paths, asked):
    reduced = Scope.of(given_paths)
    assert reduced.covers(asked) == any(asked.startswith(path) for path in given_paths)
    for one in reduced.paths:
        assert not any(one != other and one.startswith(other) for other in reduced.paths)


def test_an_empty_path_is_refused_as_it_would_cover_everything():
    with pytest.raises(ValueError, match="never empty"):
        Scope.of([""])


@pytest.fixture
def two_counties(db):
    first, second = county(), county("210283", "庄河市")
    town = Area.objects.create(
        code="210281001", name="共济街道", level=AreaLevel.TOWN, parent=first
    )
    town.refresh_from_db()
    return first, second, town


def test_filtering_keeps_the_area_and_everything_under_it(two_counties):
    first, second, town = two_counties
    inside = Scope.of([first.path]).filter(Area.objects.all(), "path")
    assert set(inside) == {first, town}
    assert set(Scope.of([city().path]).filter(Area.objects.all(), "path")) == {
        city(), first, second, town
    }  # fmt: skip
    assert not Scope().filter(Area.objects.all(), "path").exists()


def test_roles_hold_in_their_areas_and_days(two_counties):
    first, second, _town = two_counties
    member = staff("wang", (Role.CLERK, first), (Role.VIEWER, second))
    RoleGrant.objects.create(
        staff=member, role=Role.REVIEWER, area=first, period=(datetime.date(2015, 1, 1), DAY)
    )
    actor = actor_of(member, on=DAY)
    assert actor.roles == {Role.CLERK, Role.VIEWER}
    assert actor.scope(Role.CLERK).paths == (first.path,)
    assert set(actor.scope().paths) == {first.path, second.path}
    assert actor.scope(Role.REVIEWER).is_empty
    assert actor_of(member, on=DAY - datetime.timedelta(days=1)).has(Role.REVIEWER)


def test_an_account_that_is_shut_out_has_no_role(two_counties):
    member = staff("wang", (Role.CLERK, two_counties[0]), is_active=False)
    assert actor_of(member, on=DAY).grants == ()


def test_authors_of_acts(two_counties):
    member = staff("wang", (Role.CLERK, two_counties[0]))
    assert str(actor_from(member)) == "王小明 (wang)"
    assert actor_from(member).grants == ()
    assert actor_from("sweep_jobs") == Actor.for_job("sweep_jobs")
    assert actor_from("sweep_jobs").staff_id is None
