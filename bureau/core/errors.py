"""Refusals that people are told about: a code for programs, a sentence for people, the facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.functional import Promise

if TYPE_CHECKING:
    from django.db.models import Model

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


@dataclass(frozen=True)
class Conflict:
    """One field in which what somebody sent differs from what stands by now."""

    label: str | Promise
    sent: str
    stands: str


class MovedOn(DomainError):
    """Someone else took this step first: the object is no longer in the state that was seen.

    `target` is the object whose latest acts tell who that was; `conflicts` what stands by now.
    `is_own`: the one who asks took it, in another window.
    """

    def __init__(
        self,
        code: str,
        message: str | Promise,
        *,
        target: "Model | None" = None,
        conflicts: Sequence[Conflict] = (),
        is_own: bool = False,
        **facts: Fact,
    ) -> None:
        super().__init__(code, message, **facts)
        self.target = target
        self.is_own = is_own
        self.conflicts = list(conflicts)


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
