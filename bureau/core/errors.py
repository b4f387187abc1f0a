"""Refusals that people are told about: a code for programs, a sentence for people, the facts."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.functional import Promise

Fact = str | int | None


class DomainError(Exception):
    """An act was refused for a reason the person who asked can understand.

    `message` is a translatable text whose `%(name)s` places are filled from `facts` when it is
    shown, so that every reader sees it in their own language.
    """

    def __init__(self, code: str, message: str | Promise, **facts: Fact) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        return fill(str(self.message), self.facts)

    @property
    def source_text(self) -> str:
        """The text before translation, for storing beside `facts`."""
        with translation.override(None):
            return str(self.message)

    def as_json(self) -> dict[str, object]:
        """The shape in which programs are told."""
        return {"code": self.code, "message": str(self), "facts": self.facts}


class MovedOn(DomainError):
    """Someone else took this step first: the object is no longer in the state that was seen."""


class NotEntitled(DomainError):
    """No role of the person allows this act in this area."""


class OwnWork(DomainError):
    """The maker of a request may not decide it."""


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """The text with its places filled; a text whose places do not fit its facts stays as it is."""
    try:
        return text % facts if facts else text
    except (KeyError, TypeError, ValueError):
        return text
