"""The places at which code asks for the scope, and what happens if one of them forgets to.

A site is one call of `Scope.q`, `filter` or `covers`. Run under `recorded`, requests tell which
sites they pass; under `forgotten`, one site answers as if nobody had written the filter.
"""

import ast
import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from django.db.models import Q

from bureau.core import actors
from bureau.core.actors import Scope
from bureau.testing.access import APPS

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("q", "filter", "covers")
EVERYTHING = Q(pk__isnull=False)


@dataclass(frozen=True, order=True)
class Site:
    """A call by its file under the root, its first and last line, and the function it is in."""

    file: str
    first: int
    last: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.function}"


@functools.cache
def sites() -> tuple[Site, ...]:
    """Every site of the apps' own code, told by the name `scope` before the method."""
    found = []
    for app in sorted({name.partition(".")[0] for name in APPS}):
        for path in sorted((ROOT / app).rglob("*.py")):
            if {"tests", "testing", "migrations"} & set(path.parts):
                continue
            file = str(path.relative_to(ROOT))
            tree = ast.parse(path.read_text(encoding="utf-8"))
            functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and _asks(node.func):
                    last = node.end_lineno or node.lineno
                    found.append(Site(file, node.lineno, last, _around(node, functions)))
    return tuple(sorted(set(found)))


def _around(node: ast.Call, functions: list[ast.FunctionDef]) -> str:
    """The name of the innermost function about the call."""
    about = [f for f in functions if f.lineno <= node.lineno <= (f.end_lineno or f.lineno)]
    return max(about, key=lambda f: f.lineno).name if about else ""


def _asks(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in METHODS
        and ast.unparse(called.value).rpartition(".")[2] == "scope"
    )


@contextmanager
def recorded(passed: set[Site]) -> Iterator[None]:
    """Every site that is passed inside is added to the set."""

    def note(site: Site, _name: str, own: Callable[[], Any], _rows: Any) -> Any:
        passed.add(site)
        return own()

    with _watched(note):
        yield


@contextmanager
def forgotten(missing: Site) -> Iterator[None]:
    """As if the filter at this one site had not been written."""

    def skip(site: Site, name: str, own: Callable[[], Any], rows: Any) -> Any:
        if site != missing:
            return own()
        return {"q": EVERYTHING, "filter": rows, "covers": True}[name]

    with _watched(skip):
        yield


@contextmanager
def _watched(act: Callable[[Site, str, Callable[[], Any], Any], Any]) -> Iterator[None]:
    known: dict[str, list[Site]] = {}
    for site in sites():
        known.setdefault(site.file, []).append(site)
    own = {name: getattr(Scope, name) for name in METHODS}

    def method(name: str) -> Callable[..., Any]:
        def asked(self: Scope, *args: Any, **kwargs: Any) -> Any:
            def plain() -> Any:
                return own[name](self, *args, **kwargs)

            site = _site_of(sys._getframe(1), known)
            rows = args[0] if args else kwargs.get("rows")
            return plain() if site is None else act(site, name, plain, rows)

        return asked

    with (
        mock.patch.object(Scope, "q", method("q")),
        mock.patch.object(Scope, "filter", method("filter")),
        mock.patch.object(Scope, "covers", method("covers")),
    ):
        yield


def _site_of(frame: Any, known: dict[str, list[Site]]) -> Site | None:
    """The site of the calling line; none for the scope's own methods, which call one another."""
    if frame.f_code.co_filename == actors.__file__:
        return None
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(ROOT):
        return None
    at = [
        site
        for site in known.get(str(path.relative_to(ROOT)), ())
        if site.first <= frame.f_lineno <= site.last
    ]
    # The innermost call of the line.
    return min(at, key=lambda site: site.last - site.first, default=None)
