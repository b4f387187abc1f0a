"""Another pace of looks, for tests that cannot look sixty times."""

import dataclasses

import pytest

from bureau.core import parameters
from enrollment.services import looks


def at_most(monkeypatch: pytest.MonkeyPatch, number: int, of: str = looks.MINUTE.key) -> None:
    """So many looks are a person's, until the bureau decides otherwise."""
    changed = dataclasses.replace(parameters.get(of), default=number, minimum=0)
    monkeypatch.setitem(parameters._known, of, changed)
