"""Saved filters and settings of lists: who keeps them, who sees them, and what they may hold.

What a filter finds is decided by the scope of whoever opens it; sharing gives nobody more rows.
"""

import datetime
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bureau.core import audit
from bureau.core.actors import Actor
from bureau.core.choices import Audience, Role
from bureau.core.errors import DomainError, NotEntitled
from bureau.core.integrity import refusals
from bureau.core.models import Area, ListSetting, SavedFilter
from bureau.core.models.lists import PERSONAL_NUMBERS

#: Filters one member of staff keeps for one list; more than this nobody finds again.
MOST_OWN = 50

_personal = re.compile(PERSONAL_NUMBERS)


def names_a_person(text: str) -> bool:
    """Whether the text holds something shaped like an identity or a telephone number."""
    plain = unicodedata.normalize("NFKC", "".join(text.split()))
    # Signs without a width part numbers for programs alone.
    seen = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    return _personal.search(seen) is not None


@dataclass(frozen=True)
class Setting:
    """How a list is shown: keys of columns in their order (none: as the list is made)."""

    columns: tuple[str, ...] | None = None
    density: str = ""
    size: int = 0


@dataclass(frozen=True)
class Sharing:
    """With whom a filter is shared; a team is that of the area with this code."""

    audience: Audience = Audience.OWN
    area_code: str = ""


@dataclass(frozen=True)
class Shared:
    """What a member of staff finds at one list: filters, the own setting, presets of the teams."""

    filters: list[SavedFilter] = field(default_factory=list)
    setting: Setting = Setting()
    presets: list[ListSetting] = field(default_factory=list)


def teams_of(actor: Actor) -> list[str]:
    """Codes of the areas whose teams the actor belongs to: those of the own roles."""
    return sorted({grant.area_code for grant in actor.grants})


def may_share_with_everyone(actor: Actor) -> bool:
    """Only who works for the whole city speaks to everyone in it."""
    return any(grant.area_path.count("/") == 1 for grant in actor.grants)


def filters_for(actor: Actor, list_id: str) -> QuerySet[SavedFilter]:
    """The actor's own filters of the list, those of the own teams, and everyone's."""
    shared = Q(audience=Audience.EVERYONE) | Q(
        audience=Audience.TEAM, area__code__in=teams_of(actor)
    )
    found = SavedFilter.objects.filter(list_id=list_id).filter(Q(owner=actor.staff_id) | shared)
    return found.select_related("owner", "area").order_by("name", "pk")


def at_list(actor: Actor, list_id: str) -> Shared:
    """What the actor finds at the list."""
    rows = ListSetting.objects.filter(list_id=list_id).filter(
        Q(staff=actor.staff_id) | Q(area__code__in=teams_of(actor))
    )
    settings = list(rows.select_related("area", "made_by").order_by("name", "pk"))
    own = next((row for row in settings if row.staff_id is not None), None)
    return Shared(
        filters=list(filters_for(actor, list_id)),
        setting=as_setting(own) if own else Setting(),
        presets=[row for row in settings if row.staff_id is None],
    )


def as_setting(row: ListSetting) -> Setting:
    """The stored setting as lists use it; what is stored badly counts as not set."""
    stored = row.columns if isinstance(row.columns, list) else []
    columns = tuple(str(key) for key in stored)
    return Setting(columns or None, row.density, row.size)


@transaction.atomic
def save_filter(
    list_id: str,
    name: str,
    query: str,
    sharing: Sharing,
    *,
    by: Actor,
    at: datetime.datetime,
) -> SavedFilter:
    """The query stands under the name; the owner's filter of that name is replaced.

    Raises DomainError for a query that names a person, NotEntitled for a team or everyone whom the
    actor does not belong to or speak to.
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise DomainError("saved_filter_has_a_name", _("Give the filter a name."))
    if names_a_person(query) or names_a_person(name):
        raise DomainError(
            "saved_filter_names_no_person",
            _("A saved filter holds no identity or telephone number."),
        )
    area = _team(sharing, by)
    own = SavedFilter.objects.filter(owner=by.staff_id, list_id=list_id)
    if own.exclude(name=name).count() >= MOST_OWN:
        raise DomainError(
            "too_many_filters",
            _("You keep %(most)s filters of this list already; remove one first."),
            most=MOST_OWN,
        )
    with refusals(), transaction.atomic():
        saved, _made = SavedFilter.objects.update_or_create(
            owner_id=by.staff_id,
            list_id=list_id,
            name=name,
            defaults={
                "query": query,
                "audience": sharing.audience,
                "area": area,
                "changed_at": at,
            },
        )
    if sharing.audience != Audience.OWN:
        audit.record("list.filter_shared", by=by, at=at, target=saved, area=area, list=list_id)
    return saved


def _team(sharing: Sharing, by: Actor) -> Area | None:
    """The team's area; raises NotEntitled when the actor may not share so far."""
    if sharing.audience == Audience.EVERYONE and not may_share_with_everyone(by):
        raise NotEntitled(
            "sharing_beyond_scope",
            _("Only those who work for the whole city share with everyone."),
        )
    if sharing.audience != Audience.TEAM:
        return None
    if sharing.area_code not in teams_of(by):
        raise NotEntitled("sharing_beyond_scope", _("You share with your own team alone."))
    return Area.objects.get(code=sharing.area_code)


@transaction.atomic
def remove_filter(actor: Actor, list_id: str, number: int, *, at: datetime.datetime) -> None:
    """The filter is gone: an own one, or one shared with a team that the actor directs."""
    found = filters_for(actor, list_id).filter(pk=number).first()
    if found is None:
        raise DomainError("no_such_filter", _("This filter is no longer there."))
    directed = actor.scope(Role.DIRECTOR)
    path = found.area.path if found.area else ""
    if found.owner_id != actor.staff_id and not (path and directed.covers(path)):
        raise NotEntitled("not_the_own_filter", _("Only its owner removes a filter."))
    if found.audience != Audience.OWN:
        audit.record(
            "list.filter_removed", by=actor, at=at, target=found, area=found.area, list=list_id
        )
    found.delete()


def keep_setting(actor: Actor, list_id: str, setting: Setting | None) -> None:
    """The list is shown so to the actor from now on; without a setting, as it is made."""
    own = ListSetting.objects.filter(staff=actor.staff_id, list_id=list_id)
    if setting is None:
        own.delete()
        return
    number = _member(actor)
    ListSetting.objects.update_or_create(
        staff_id=number,
        list_id=list_id,
        defaults={**_fields_of(setting), "made_by_id": number},
    )


def _member(actor: Actor) -> int:
    if actor.staff_id is None:
        raise ValueError("only members of staff have lists shown to them")
    return actor.staff_id


def _fields_of(setting: Setting) -> dict[str, object]:
    columns: Sequence[str] = setting.columns or ()
    return {"columns": list(columns), "density": setting.density[:10], "size": setting.size}


@transaction.atomic
def keep_preset(
    list_id: str,
    name: str,
    area_code: str,
    setting: Setting,
    *,
    by: Actor,
    at: datetime.datetime,
) -> ListSetting:
    """The team has this preset of the list; one of the same name is replaced."""
    name = " ".join(name.split())[:60]
    if not name or names_a_person(name):
        raise DomainError("preset_has_a_name", _("Give the preset a name, without numbers."))
    area = _team(Sharing(Audience.TEAM, area_code), by)
    with refusals(), transaction.atomic():
        preset, _made = ListSetting.objects.update_or_create(
            area=area,
            list_id=list_id,
            name=name,
            defaults={**_fields_of(setting), "made_by_id": _member(by)},
        )
    audit.record("list.preset_kept", by=by, at=at, target=preset, area=area, list=list_id)
    return preset


def preset_for(actor: Actor, list_id: str, number: int) -> ListSetting:
    """The preset of one of the actor's teams. Raises DomainError when there is none."""
    found = (
        ListSetting.objects.filter(list_id=list_id, pk=number, area__code__in=teams_of(actor))
        .select_related("area")
        .first()
    )
    if found is None:
        raise DomainError("no_such_preset", _("This preset is no longer there."))
    return found


@transaction.atomic
def remove_preset(actor: Actor, list_id: str, number: int, *, at: datetime.datetime) -> None:
    """The preset is gone; its maker or the team's director removes it."""
    found = preset_for(actor, list_id, number)
    path = found.area.path if found.area else ""
    if found.made_by_id != actor.staff_id and not actor.scope(Role.DIRECTOR).covers(path):
        raise NotEntitled("not_the_own_preset", _("Only its maker removes a preset."))
    audit.record(
        "list.preset_removed", by=actor, at=at, target=found, area=found.area, list=list_id
    )
    found.delete()
