"""Versions of the linkage model in words: limits, vetoes, weights, and what a trial found."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bureau.core import audit
from bureau.ui import formatting, statuses
from enrollment.choices import DoubtState, ModelState
from enrollment.models import LinkageModelVersion
from enrollment.rules import linkage_terms, matching
from enrollment.services import linkage
from enrollment.tables.rosters import EVIDENCE

#: Limits and cut-offs: their names, and what they do.
LIMITS: Final[Mapping[str, tuple[Any, Any]]] = {
    "link_from_bits": (
        gettext_lazy("Linked unasked from (bits)"),
        gettext_lazy("A row is linked without a question from so much evidence on."),
    ),
    "lead_bits": (
        gettext_lazy("Lead over the next (bits)"),
        gettext_lazy("…and only when nobody else comes within so much of it."),
    ),
    "offer_from": (
        gettext_lazy("Asked from (likelihood, 0 to 1)"),
        gettext_lazy("A clerk is asked about a pair from this likelihood on."),
    ),
    "offers_per_row": (
        gettext_lazy("People shown for one row"),
        gettext_lazy("At most so many are offered for one row that is not clear."),
    ),
    "offer_within_bits": (
        gettext_lazy("Shown within (bits)"),
        gettext_lazy("Nobody is offered who is so much less likely than the best."),
    ),
    "issued_twice_score": (
        gettext_lazy("Likelihood shown for a number issued twice"),
        gettext_lazy("One number under two names, both borne out: a clerk looks."),
    ),
    "holders_limit": (
        gettext_lazy("Rows of one number at most"),
        gettext_lazy("A number on more rows under several names is nobody's."),
    ),
    "block_limit": (
        gettext_lazy("Rows of one key at most"),
        gettext_lazy("A key that more rows share says nothing."),
    ),
}
VETOES: Final[Mapping[str, Any]] = {
    "OTHER_NUMBER": gettext_lazy("Two numbers that pass their checks are two people."),
    "OTHER_NAME": gettext_lazy("Different names without the same number are two people."),
    "NUMBER_OF_ANOTHER_BY_BIRTH": gettext_lazy(
        "Another's number: name and birth date both differ."
    ),
    "NUMBER_OF_ANOTHER_BY_SEX": gettext_lazy("Another's number: name and sex both differ."),
    "NUMBER_OF_ANOTHER_BY_NAME": gettext_lazy(
        "Another's number: the name agrees in part only and the birth date differs."
    ),
    "NAMELESS": gettext_lazy("Without a name, the number has to be the same or nearly."),
    "TWINS": gettext_lazy("Twins: one home and names that differ by one character."),
    "LINK_OTHER_NAME": gettext_lazy("Names differ by a character of another sound: ask."),
    "LINK_TWIN": gettext_lazy("A twin is known and the name is not the same: ask."),
    "LINK_TWIN_NUMBER": gettext_lazy("A twin is known and no number decides: ask."),
    "LINK_NAMESAKE": gettext_lazy("Namesakes: no number, home or telephone in common: ask."),
    "LINK_FAR_NUMBER": gettext_lazy("The numbers differ much: ask."),
    "LINK_NAME_AND_BIRTH": gettext_lazy("Name and birth date both agree in part only: ask."),
    "LINK_OTHER_BIRTH": gettext_lazy("The birth dates differ and no number decides: ask."),
}
KINDS: Final = (
    (matching.NumberEvidence, gettext_lazy("Identity number")),
    (matching.NameEvidence, gettext_lazy("Name")),
    (matching.BirthEvidence, gettext_lazy("Birth date")),
    (matching.SexEvidence, gettext_lazy("Sex")),
    (matching.PlaceEvidence, gettext_lazy("Place and household")),
)
CHANGES: Final[Mapping[str, Any]] = {
    "LINK_GAINED": gettext_lazy("Would be linked besides"),
    "LINK_LOST": gettext_lazy("Would not be linked any more"),
    "LINK_ELSEWHERE": gettext_lazy("Would be linked to somebody else"),
    "ASKED_GAINED": gettext_lazy("A clerk would be asked besides"),
    "ASKED_LOST": gettext_lazy("A clerk would not be asked any more"),
    "VETO_GAINED": gettext_lazy("A veto would hold back besides"),
    "VETO_LOST": gettext_lazy("No veto would hold back any more"),
}
COUNTS: Final[Mapping[str, Any]] = {
    "certain": gettext_lazy("Rows linked by number and name, the same in every version"),
    "linked": gettext_lazy("Rows linked by their evidence"),
    "asked": gettext_lazy("Pairs a clerk is asked about"),
    "held": gettext_lazy("Pairs that a veto holds back"),
}
#: Beyond this the number of times says no more to anybody.
MOST_TIMES: Final = 10_000_000
ACTS: Final = {
    "linkage_model.drafted": pgettext_lazy("act", "Version of the linkage model drafted"),
    "linkage_model.tried": pgettext_lazy("act", "Version of the linkage model tried"),
    "linkage_model.relinked": pgettext_lazy("act", "Linked again"),
    "linkage_model.submitted": pgettext_lazy("act", "Version of the linkage model submitted"),
    "linkage_model.approved": pgettext_lazy("act", "Version of the linkage model approved"),
    "linkage_model.returned": pgettext_lazy("act", "Version of the linkage model given back"),
    "linkage_model.dropped": pgettext_lazy("act", "Draft of the linkage model given up"),
    "linkage_model.link_kept": pgettext_lazy("act", "Doubted link found right"),
}


def register() -> None:
    """Acts have their words, and states of versions and doubts their tones."""
    audit.say(ACTS)
    statuses.register(
        ModelState,
        {ModelState.SUBMITTED: "active", ModelState.IN_USE: "good", ModelState.DRAFT: "caution"},
    )
    statuses.register(DoubtState, {DoubtState.OPEN: "caution", DoubtState.KEPT: "good"})


def maker_text(version: LinkageModelVersion) -> str:
    return _("The software") if version.made_by == linkage.SOFTWARE else version.made_by


def trained_on(version: LinkageModelVersion) -> str:
    """From what the weights were estimated, in words."""
    training = version.training
    if training.get("source") == "generated cities":
        source = _("invented cities that come with the software")
    else:
        source = _("the rosters on the roll")
    told = _("%(records)s records of %(source)s, %(pairs)s pairs compared") % {
        "records": formatting.number(training.get("records")),
        "source": source,
        "pairs": formatting.number(training.get("pairs")),
    }
    if decided := training.get("decided"):
        told = _("%(told)s, %(decided)s of them decided by clerks") % {
            "told": told,
            "decided": formatting.number(decided),
        }
    return told


def figure(value: float | None) -> str:
    """A limit or weight: whole ones without a point, others with what digits they have."""
    if value is None:
        return formatting.ABSENT
    return f"{value:,.3f}".rstrip("0").rstrip(".")


@dataclasses.dataclass(frozen=True)
class Limit:
    """One limit: its words, its value, and that of the version in force where it differs."""

    key: str
    label: Any
    meaning: Any
    value: str
    before: str


def limits(version: LinkageModelVersion, in_use: LinkageModelVersion) -> list[Limit]:
    changed = {
        name for name, *_values in linkage_terms.differing(in_use.thresholds, version.thresholds)
    }
    return [
        Limit(
            key,
            label,
            meaning,
            figure(version.thresholds.get(key)),
            figure(in_use.thresholds.get(key)) if key in changed else "",
        )
        for key, (label, meaning) in LIMITS.items()
    ]


@dataclasses.dataclass(frozen=True)
class Weight:
    """What one value of one kind of evidence is worth, in bits and in words."""

    label: Any
    bits: str
    words: str
    before: str


def weights(
    version: LinkageModelVersion, in_use: LinkageModelVersion
) -> list[tuple[Any, list[Weight]]]:
    """The weights by kind of evidence, each beside that of the version in force if it differs."""
    model, other = linkage.model_of(version), linkage.model_of(in_use)

    def bits_of(terms: matching.LinkageModel, code: Any) -> float:
        found = terms.name_bits if isinstance(code, matching.NameEvidence) else terms.bits
        return float(found[code])

    return [
        (
            label,
            [
                Weight(
                    EVIDENCE[code.value],
                    figure(bits_of(model, code)),
                    weight_text(code.value, bits_of(model, code)),
                    figure(bits_of(other, code))
                    if bits_of(other, code) != bits_of(model, code)
                    else "",
                )
                for code in kind
            ],
        )
        for kind, label in KINDS
    ]


def weight_text(code: str, bits: float) -> str:
    """What so many bits mean: how many times likelier one person is, or two."""
    if code in ("NAME_EQUAL", "NAME_SOUND"):
        return _("speaks for one person, the more the fewer bear the name")
    if round(bits, 2) == 0:
        return _("says nothing either way")
    times = min(2 ** abs(bits), float(MOST_TIMES))
    told = formatting.number(round(times)) if times >= 10 else f"{times:.1f}"
    if times >= MOST_TIMES:
        told = _("more than %(times)s") % {"times": formatting.number(MOST_TIMES)}
    if bits > 0:
        return _("speaks for one person: %(times)s times") % {"times": told}
    return _("speaks for two people: %(times)s times") % {"times": told}


@dataclasses.dataclass(frozen=True)
class Reviewed:
    """How a version does on reviewed pairs: one line of a table."""

    name: Any
    same_linked: int
    same_asked: int
    same_apart: int
    different_linked: int
    different_asked: int
    different_apart: int

    @property
    def precision(self) -> str:
        """Of the pairs it would link, how many are one person by the clerks' word."""
        linked = self.same_linked + self.different_linked
        return formatting.percent(self.same_linked / linked if linked else None)

    @property
    def recall(self) -> str:
        """Of the pairs of one person, how many it would link or ask about."""
        same = self.same_linked + self.same_asked + self.same_apart
        return formatting.percent((self.same_linked + self.same_asked) / same if same else None)


def reviewed_line(name: Any, counts: Mapping[str, Mapping[str, int]]) -> Reviewed:
    same, different = counts["same"], counts["different"]
    told = ("LINKED", "ASKED", "APART")
    return Reviewed(name, *(same[one] for one in told), *(different[one] for one in told))
