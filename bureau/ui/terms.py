"""Words of the field explained beside what they stand at, with document and clause.

An app registers its terms when it is loaded; a template names them: `{% terms "weight" "veto" %}`.
The texts are translated like any other; document numbers and clauses stand as they were issued.
"""

import dataclasses
from typing import Any

from bureau.ui.statuses import Status


@dataclasses.dataclass(frozen=True)
class Term:
    """One word: what it means here, and the document and clause it rests on, where one is known.

    `confidence` says how well the document is known; none where the meaning is the portal's own.
    """

    key: str
    word: Any
    text: Any
    document: str = ""
    clause: Any = ""
    confidence: Status | None = None

    def __post_init__(self) -> None:
        if bool(self.document) != (self.confidence is not None):
            raise ValueError(f"{self.key}: a document and how well it is known go together")


_terms: dict[str, Term] = {}


def register(*terms: Term) -> None:
    """Pages may name these terms."""
    for term in terms:
        if term.key in _terms and _terms[term.key] != term:
            raise ValueError(f"two terms are called {term.key}")
        _terms[term.key] = term


def known() -> list[Term]:
    """Every term, by key."""
    return [_terms[key] for key in sorted(_terms)]


def get(key: str) -> Term:
    """The term of this key. Raises LookupError when no app registered it."""
    return _terms[key]
