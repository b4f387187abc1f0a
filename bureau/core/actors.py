"""Who acts, in which roles, and in which areas: the one source of permission by area.

Permission is function (role) times area. Selectors take a `Scope` and fetch only what lies in it,
so an object outside the scope does not exist for the reader.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from bureau.core.choices import Role
from bureau.core.models import Job, RoleGrant, Staff

AnyModel = TypeVar("AnyModel", bound=Model)

#: Length of the columns that keep an actor's text.
ACTOR_TEXT_LENGTH = 120


@dataclass(frozen=True)
class Scope:
    """Areas and everything under them, as path prefixes of which none lies under another."""

    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, paths: Iterable[str]) -> Scope:
        """The scope of these paths; a path under another is dropped, as the other covers it."""
        kept: list[str] = []
        for path in sorted(set(paths)):
            if not path:
                raise ValueError("an area path is never empty: it would cover everything")
            if not kept or not path.startswith(kept[-1]):
                kept.append(path)
        return cls(tuple(kept))

    @property
    def is_empty(self) -> bool:
        return not self.paths

    def covers(self, path: str) -> bool:
        """Whether the area of this path lies in the scope."""
        return any(path.startswith(prefix) for prefix in self.paths)

    def q(self, lookup: str = "area__path") -> Q:
        """The condition that the path under `lookup` lies in the scope; nothing if it is empty."""
        if not self.paths:
            return Q(pk__in=[])
        return functools.reduce(
            operator.or_, (Q(**{f"{lookup}__startswith": prefix}) for prefix in self.paths)
        )

    def filter(self, rows: QuerySet[AnyModel], lookup: str = "area__path") -> QuerySet[AnyModel]:
        """Only the rows whose area lies in the scope."""
        return rows.filter(self.q(lookup))


@dataclass(frozen=True)
class Grant:
    """One role in one area and everything under it, in force on the day the actor was asked for."""

    role: Role
    area_path: str
    area_code: str


@dataclass(frozen=True)
class Actor:
    """A member of staff with the roles in force, or a named job; every act names one."""

    staff_id: int | None
    text: str
    staff_no: str = ""
    grants: tuple[Grant, ...] = ()

    @classmethod
    def for_job(cls, name: str) -> Actor:
        """The actor of unattended work, e.g. `sweep_jobs`; it has no role and no area."""
        return cls(staff_id=None, text=f"job:{name}"[:ACTOR_TEXT_LENGTH])

    @classmethod
    def job(cls, job: Job) -> Actor:
        """The actor of one run of long work, named by its kind and number."""
        return cls.for_job(f"{job.kind}:{job.pk}")

    @classmethod
    def of(cls, staff: Staff) -> Actor:
        """The member of staff as the author of an act, without roles: it permits nothing."""
        return cls(staff_id=staff.pk, text=str(staff)[:ACTOR_TEXT_LENGTH], staff_no=staff.staff_no)

    @property
    def id(self) -> int | None:
        """The account's number; none for a job."""
        return self.staff_id

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds one of the roles, in whatever area."""
        return any(grant.role in roles for grant in self.grants)

    def scope(self, *roles: Role) -> Scope:
        """The areas in which the actor holds one of the roles; without roles, any role."""
        return Scope.of(
            grant.area_path for grant in self.grants if not roles or grant.role in roles
        )

    def __str__(self) -> str:
        return self.text


#: Nobody has signed in.
ANONYMOUS = Actor(staff_id=None, text="anonymous")


def actor_of(staff: Staff, on: datetime.date) -> Actor:
    """The member of staff as an actor with the roles in force on the day; none if shut out."""
    grants: tuple[Grant, ...] = ()
    if staff.is_active:
        rows = (
            RoleGrant.objects.filter(staff=staff, period__contains=on)
            .order_by("role", "area__path")
            .values_list("role", "area__path", "area__code")
        )
        grants = tuple(Grant(Role(role), path, code) for role, path, code in rows)
    return dataclasses.replace(Actor.of(staff), grants=grants)


def actor_from(by: Actor | Staff | str) -> Actor:
    """The author of an act, given as an actor, a member of staff, or the name of a job."""
    if isinstance(by, str):
        return Actor.for_job(by)
    return Actor.of(by) if isinstance(by, Staff) else by


class StaffRequest(HttpRequest):
    """For annotations: a request that passed `middleware.AccessMatrix`."""

    if TYPE_CHECKING:
        user: Staff
        actor: Actor
        scope: Scope
