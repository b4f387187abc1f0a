"""Who may do what: reads bureau/access.toml, the matrix of routes, methods and roles.

A route that is missing from the matrix is refused at run time, and the policy test fails the build.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bureau.core.actors import Actor, Scope
from bureau.core.choices import Role

MATRIX_FILE = Path(__file__).resolve().parent.parent / "access.toml"

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPTIONS = {"public", "signed_in", "methods", "background", "without_second_factor", "files"}


class MatrixIsWrong(ValueError):
    """The matrix file has an entry that cannot be read; the message names it and the remedy."""


@dataclass(frozen=True)
class Entry:
    """What the matrix says on one route, or on all routes that begin with a prefix.

    `roles_by_method` names the roles per method; it is empty for public and signed-in routes,
    whose methods stand in `methods`.
    """

    public: bool = False
    signed_in: bool = False
    #: Calls that a page makes by itself (polling); they do not count as activity of a person.
    background: bool = False
    #: Usable before the second factor is set up or an old password is changed.
    without_second_factor: bool = False
    #: Takes files: requests may be as large as a roster, others only as large as a form.
    files: bool = False
    methods: tuple[str, ...] = ()
    roles_by_method: Mapping[str, frozenset[Role]] = field(default_factory=dict)

    def roles_for(self, method: str) -> frozenset[Role]:
        """Roles that may use the method; HEAD is a GET without a body."""
        if self.signed_in and _plain(method) in self.methods:
            return frozenset(Role)
        return self.roles_by_method.get(_plain(method), frozenset())

    def allows(self, actor: Actor, method: str) -> bool:
        """Whether the actor may call the route by this method."""
        if _plain(method) not in self.methods:
            return False
        if self.public:
            return True
        if actor.staff_id is None:
            return False
        return self.signed_in or actor.has(*self.roles_for(method))

    def scope_for(self, actor: Actor, method: str) -> Scope:
        """The areas in which the actor may use the method: those of the roles that allow it."""
        return actor.scope(*self.roles_for(method)) if self.roles_for(method) else Scope()


def _plain(method: str) -> str:
    return "GET" if method == "HEAD" else method


class Matrix:
    """The whole matrix; a name ending in `*` stands for all routes with that beginning."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = dict(entries)
        # The longest prefix is the most exact, so it is asked first.
        self._prefixes = sorted((n[:-1] for n in entries if n.endswith("*")), key=len, reverse=True)

    def name_of_entry(self, route: str) -> str | None:
        """The name of the entry that rules the route: its own, else the longest prefix."""
        if route in self.entries:
            return route
        for prefix in self._prefixes:
            if route.startswith(prefix):
                return f"{prefix}*"
        return None

    def entry_for(self, route: str) -> Entry | None:
        """The entry that rules the route, or none: the route is then closed to everybody."""
        name = self.name_of_entry(route)
        return None if name is None else self.entries[name]


def read_matrix(file: Path = MATRIX_FILE) -> Matrix:
    """The matrix in the file; raises MatrixIsWrong with the entry's name."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    groups = content.pop("groups", {})
    return Matrix({name: _entry(name, table, groups) for name, table in content.items()})


def _entry(name: str, table: Mapping[str, object], groups: Mapping[str, list[str]]) -> Entry:
    unknown = set(table) - OPTIONS - set(METHODS)
    if unknown:
        raise MatrixIsWrong(f"[{name}] has unknown keys {sorted(unknown)}")
    by_method = {m: _roles(name, table[m], groups) for m in METHODS if m in table}
    public, signed_in = table.get("public") is True, table.get("signed_in") is True
    if public + signed_in + bool(by_method) != 1:
        raise MatrixIsWrong(
            f"[{name}] must be exactly one of: public = true, signed_in = true, roles by method"
        )
    listed = table.get("methods", ["GET"] if not by_method else [])
    if not isinstance(listed, list) or not set(listed) <= set(METHODS):
        raise MatrixIsWrong(f"[{name}] methods must be a list out of {', '.join(METHODS)}")
    if by_method and listed:
        raise MatrixIsWrong(f"[{name}] names roles by method; remove `methods`")
    return Entry(
        public=public,
        signed_in=signed_in,
        background=table.get("background") is True,
        without_second_factor=public or table.get("without_second_factor") is True,
        files=table.get("files") is True,
        methods=tuple(by_method) or tuple(listed),
        roles_by_method=by_method,
    )


def _roles(name: str, listed: object, groups: Mapping[str, list[str]]) -> frozenset[Role]:
    """Roles of a list in which `@GROUP` stands for the roles of that group."""
    if not isinstance(listed, list) or not listed:
        raise MatrixIsWrong(f"[{name}] needs a list of roles for each method")
    codes: set[str] = set()
    for word in listed:
        if word.startswith("@"):
            if word[1:] not in groups:
                raise MatrixIsWrong(f"[{name}] names the unknown group {word}")
            codes.update(groups[word[1:]])
        else:
            codes.add(word)
    unknown = codes - set(Role.values)
    if unknown:
        raise MatrixIsWrong(f"[{name}] names unknown roles {sorted(unknown)}")
    return frozenset(Role(code) for code in codes)


@functools.cache
def matrix() -> Matrix:
    """The portal's matrix, read once per process."""
    return read_matrix()


def roles_for(route: str, method: str = "GET") -> frozenset[Role]:
    """Roles that may call the route by this method; all of them where signing in is enough."""
    entry = matrix().entry_for(route)
    return frozenset() if entry is None else entry.roles_for(method)


def may(actor: Actor, route: str, method: str = "GET") -> bool:
    """Whether the actor may call the route; pages show only what this allows."""
    entry = matrix().entry_for(route)
    return entry is not None and entry.allows(actor, method)
