"""Who is who by brute force over every pair of rows: the oracle of the set-based comparison."""

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Hashable
from datetime import date, datetime
from itertools import combinations
from typing import Any

import polars as pl

from enrollment.imports import match
from enrollment.rules.matching import (
    BirthEvidence,
    LinkageModel,
    NameEvidence,
    NumberEvidence,
    PlaceEvidence,
    SexEvidence,
    Strength,
    TwinEvidence,
    name_bits,
    score_of,
    veto_of,
)

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Subject:
    """One row with what follows from it, and from those it could be taken for."""

    row: Row
    sound: str | None
    twin: bool = False
    spelt: str | None = None

    @property
    def key(self) -> int:
        return int(self.row["row_id"])

    @property
    def number(self) -> str | None:
        return self.row["id_number"]

    @property
    def name(self) -> str | None:
        return self.row["name_key"]

    @property
    def place(self) -> tuple[str, str, int, int]:
        return self.row["file"], self.row["sheet"], self.row["row_no"], self.key

    @property
    def household(self) -> Hashable:
        number_there = self.row["household_no"]
        return None if number_there is None else (self.row["roster"], number_there)

    @property
    def number_birth(self) -> date | None:
        if self.number is None:
            return None
        return datetime.strptime(self.number[6:14], "%Y%m%d").date()

    @property
    def number_sex(self) -> str | None:
        if self.number is None:
            return None
        return "MALE" if int(self.number[16]) % 2 else "FEMALE"

    @property
    def part(self) -> str | None:
        """Year or month of a birth date that is written without its day."""
        return None if self.row["birth_on"] else self.row["birth_part"]

    @property
    def part_contradicts(self) -> bool:
        return bool(
            self.part and self.number_birth and not f"{self.number_birth}".startswith(self.part)
        )

    @property
    def strength(self) -> Strength | None:
        if self.number is None:
            return None
        if self.part_contradicts:
            return Strength.CONTRADICTED
        birth, sex = self.row["birth_on"], self.row["sex"]
        if (birth and birth != self.number_birth) or (sex and sex != self.number_sex):
            return Strength.CONTRADICTED
        return Strength.BORNE_OUT if birth else Strength.UNPROVEN

    @property
    def certain(self) -> bool:
        return bool(self.strength) and self.name is not None and "?" not in self.name

    @property
    def digits(self) -> str | None:
        return self.row["id_text"] if self.row["id_state"] == "BAD_CHECK" else None

    @property
    def written(self) -> str | None:
        return self.number or self.digits

    @property
    def believed(self) -> str | None:
        if self.certain:
            return self.number
        return self.row["id_suggestion"] if self.row["id_state"] == "WRONG_COLUMN" else None

    @property
    def dated(self) -> bool:
        birth = self.row["birth_on"]
        return self.certain or bool(
            self.digits and birth and self.digits[6:14] == f"{birth:%Y%m%d}"
        )

    @property
    def birth(self) -> date | None:
        return self.row["birth_on"] or (None if self.part_contradicts else self.number_birth)

    @property
    def sex(self) -> str | None:
        return self.row["sex"] or self.number_sex


def subjects_of(rows: list[Row]) -> list[Subject]:
    sounds = match.sound_of(pl.Series([row["name_key"] for row in rows], dtype=pl.String))
    alone = [
        Subject(row, sound)
        for row, sound in zip(rows, sounds, strict=True)
        if row["outcome"] != "REJECTED"
    ]
    alike = {
        a.number
        for a in alone
        for b in alone
        if a.certain and b.certain and a.number != b.number and numbered_alike(a, b)
    }
    twins = [
        subject.number in alike or any(born_together(subject, other) for other in alone)
        for subject in alone
    ]
    numbers = {subject.number for subject, twin in zip(alone, twins, strict=True) if twin} - {None}
    return [
        dataclasses.replace(
            subject, twin=twin, spelt=subject.name if subject.number in numbers else None
        )
        for subject, twin in zip(alone, twins, strict=True)
    ]


def numbered_alike(a: Subject, b: Subject) -> bool:
    """Whether two numbers are of one day and place, under names that are easily confused."""
    if a.number[:14] != b.number[:14] or a.name[0] != b.name[0]:  # type: ignore[index]
        return False
    return a.sound == b.sound or (
        len(a.name) == len(b.name)  # type: ignore[arg-type]
        and sum(one != other for one, other in zip(a.name, b.name, strict=True)) <= 1  # type: ignore[arg-type]
    )


def born_together(subject: Subject, other: Subject) -> bool:
    """Whether a household has two names of the row's birthday."""
    if subject.household is None or month_of(subject.row["birth_on"], subject.part) is None:
        return False
    there = (subject.household, subject.row["birth_on"], subject.part)
    return (other.household, other.row["birth_on"], other.part) == there and (
        None not in (subject.name, other.name) and subject.name != other.name
    )


def month_of(born: date | None, part: str | None) -> str | None:
    if born is not None:
        return f"{born:%Y-%m}"
    return part if part and len(part) == 7 else None


def compare_numbers(a: Subject, b: Subject) -> NumberEvidence:
    found = {a.row["id_suggestion"], b.row["id_suggestion"]} - {None}
    if a.number and a.number == b.number:
        return NumberEvidence.EQUAL
    if found and ({a.number, b.number} & found or a.row["id_suggestion"] == b.row["id_suggestion"]):
        return NumberEvidence.SUGGESTED
    if a.believed and b.believed and a.believed != b.believed:
        return NumberEvidence.OTHER
    if not a.written or not b.written:
        return NumberEvidence.MISSING
    if a.number and b.number:
        return NumberEvidence.DOUBTED
    apart = distance(a.written, b.written)
    if apart <= 1:
        return NumberEvidence.SLIP
    if apart == 2:
        return NumberEvidence.SLIPS
    if a.certain or b.certain or apart > 4:
        return NumberEvidence.OTHER if a.dated and b.dated else NumberEvidence.FAR
    return NumberEvidence.DOUBTED


def distance(a: str, b: str) -> int:
    """Insertions, deletions, changes and swaps of neighbours between two texts."""
    table = [[i + j for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            change = int(a[i - 1] != b[j - 1])
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + change
            )
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def compare_names(a: Subject, b: Subject) -> NameEvidence:
    if a.name is None or b.name is None:
        return NameEvidence.MISSING
    differing = [(one, other) for one, other in zip(a.name, b.name, strict=False) if one != other]
    if len(a.name) == len(b.name):
        lost = "?" in a.name + b.name
        if lost and all("?" in pair for pair in differing):
            return NameEvidence.DAMAGED
    if a.name == b.name:
        return NameEvidence.EQUAL
    if a.sound == b.sound:
        return NameEvidence.SOUND
    if len(a.name) == len(b.name) and len(differing) == 1:
        return NameEvidence.ONE_CHARACTER if a.name[0] == b.name[0] else NameEvidence.SURNAME
    return NameEvidence.DIFFERENT


def compare_months(a: str | None, b: str | None) -> BirthEvidence:
    if a is None or b is None:
        return BirthEvidence.UNKNOWN
    if a == b:
        return BirthEvidence.MONTH
    apart = a[:4] != b[:4] and a[5:] != b[5:]
    return BirthEvidence.DIFFERENT if apart else BirthEvidence.UNKNOWN


def compare_dates(
    a: date | None, b: date | None, a_part: str | None = None, b_part: str | None = None
) -> BirthEvidence:
    if a is None or b is None:
        return compare_months(month_of(a, a_part), month_of(b, b_part))
    if a == b:
        return BirthEvidence.EQUAL
    equal = (a.year == b.year) + (a.month == b.month) + (a.day == b.day)
    turned = (a.year, a.month, a.day) == (b.year, b.day, b.month)
    return BirthEvidence.PART if equal == 2 or turned else BirthEvidence.DIFFERENT


def compare_births(a: Subject, b: Subject) -> BirthEvidence:
    of_number = a.birth == b.number_birth or a.number_birth == b.birth
    if a.birth and b.birth and a.birth != b.birth and a.number != b.number and of_number:
        return BirthEvidence.OF_NUMBER
    return compare_dates(a.birth, b.birth, a.part, b.part)


def compare_sexes(a: Subject, b: Subject) -> SexEvidence:
    if a.sex is None or b.sex is None:
        return SexEvidence.UNKNOWN
    return SexEvidence.EQUAL if a.sex == b.sex else SexEvidence.DIFFERENT


def compare_places(a: Subject, b: Subject, kin: bool) -> PlaceEvidence:
    if a.household is not None and a.household == b.household:
        return PlaceEvidence.HOUSEHOLD
    if kin:
        return PlaceEvidence.KIN
    if a.row["phone"] and a.row["phone"] == b.row["phone"]:
        return PlaceEvidence.PHONE
    if a.row["area"] and a.row["area"] == b.row["area"]:
        return PlaceEvidence.AREA
    return PlaceEvidence.UNKNOWN


def keys_of(subject: Subject) -> set[Hashable]:
    """The keys under which a row is looked for, as the words of the design have them."""
    births = {subject.row["birth_on"], subject.number_birth} - {None}
    if subject.certain:
        births = {subject.birth}
    numbers = {subject.number, subject.row["id_suggestion"]} - {None}
    keys: set[Hashable] = {("number", number) for number in numbers}
    own_birth = subject.birth if subject.certain else subject.row["birth_on"]
    written = subject.written
    parts = [written[:13], written[-9:], written[:6] + written[-4:]] if written else []
    phone, household = subject.row["phone"], subject.household
    if subject.sound:
        keys |= {("sound", subject.sound, birth) for birth in births}
        keys |= {("part", subject.sound, which, part) for which, part in enumerate(parts)}
        keys |= {("phone", subject.sound, phone)} if phone else set()
        keys |= {("household", subject.sound, household)} if household else set()
    if own_birth:
        keys |= {("phone", own_birth, phone)} if phone else set()
        keys |= {("household", own_birth, household)} if household else set()
    return keys | nameless_keys(subject, own_birth, parts)


def nameless_keys(subject: Subject, birth: date | None, parts: list[str]) -> set[Hashable]:
    """Only rows without a readable name look by the number's parts alone; certain ones answer."""
    if not parts or not (subject.certain or subject.name is None or "?" in subject.name):
        return set()
    keys: set[Hashable] = {("right", parts[1])}
    return keys | ({("left", birth, parts[0])} if birth else set())


def meet_by_month(a: Subject, b: Subject) -> bool:
    """Only rows without the day of birth look by name and month; all with a date answer."""
    if not any(month_of(None, one.part) and not one.certain for one in (a, b)):
        return False
    months = {
        month_of(
            one.birth if one.certain else one.row["birth_on"], None if one.certain else one.part
        )
        for one in (a, b)
    }
    return a.sound is not None and a.sound == b.sound and len(months) == 1 and None not in months


def disputes(a: Subject, b: Subject) -> tuple[bool, bool]:
    """Whether two rows carry one number under different names, and whether these are alike."""
    if not a.number or a.number != b.number or a.name is None or b.name is None:
        return False, False
    if a.sound == b.sound and a.spelt == b.spelt:
        return False, False
    alike = (
        compare_names(a, b) != NameEvidence.DIFFERENT
        and compare_dates(a.row["birth_on"], b.row["birth_on"], a.part, b.part)
        != BirthEvidence.DIFFERENT
    )
    return True, alike


def brute_findings(subjects: list[Subject], *, within_roster: bool) -> dict[int, str]:
    found = {}
    for a in subjects:
        rivals = [
            b
            for b in subjects
            if b is not a
            and disputes(a, b) == (True, False)
            and b.strength >= a.strength  # type: ignore[operator]
            and (not within_roster or a.row["roster"] == b.row["roster"])
        ]
        together = [b.household is not None and b.household == a.household for b in rivals]
        if any(
            a.strength == b.strength == Strength.BORNE_OUT and not home
            for b, home in zip(rivals, together, strict=True)
        ):
            found[a.key] = "ID_ISSUED_TWICE"
        elif rivals:
            found[a.key] = "ID_OF_PARENT" if any(together) else "ID_SHARED"
    return found


def brute_clusters(subjects: list[Subject]) -> dict[int, int]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for subject in subjects:
        if subject.certain:
            groups[subject.number, subject.sound, subject.spelt].append(subject.key)
    clusters = {subject.key: subject.key for subject in subjects}
    for members in groups.values():
        clusters.update(dict.fromkeys(members, min(members)))
    return clusters


@dataclasses.dataclass(frozen=True)
class Question:
    """The likeliest pair of rows between two people-to-be."""

    bits: float
    rows: tuple[Subject, Subject]
    linkable: bool


def brute_questions(
    subjects: list[Subject], model: LinkageModel
) -> dict[tuple[int, int], Question]:
    """Every pair of clusters worth asking about, with its best evidence."""
    clusters = brute_clusters(subjects)
    homes: dict[Hashable, set[int]] = defaultdict(set)
    for subject in subjects:
        if subject.certain and subject.household is not None:
            homes[subject.household].add(clusters[subject.key])
    bearers = Counter(subject.sound for subject in subjects)
    found: dict[tuple[int, int], Question] = {}
    for a, b in combinations(subjects, 2):
        disputed, alike = disputes(a, b)
        meet = (
            (not (a.certain and b.certain) and keys_of(a) & keys_of(b))
            or meet_by_month(a, b)
            or (disputed and (alike or (a.strength and b.strength)))
        )
        if not meet or clusters[a.key] == clusters[b.key]:
            continue
        pair = (min(clusters[a.key], clusters[b.key]), max(clusters[a.key], clusters[b.key]))
        kin = homes[a.household] & homes[b.household] - set(pair)
        evidence = (
            compare_numbers(a, b),
            compare_names(a, b),
            compare_births(a, b),
            compare_sexes(a, b),
            compare_places(a, b, kin=None not in (a.household, b.household) and bool(kin)),
            TwinEvidence.RISK if a.twin or b.twin else TwinEvidence.NONE,
        )
        if veto_of(model, *evidence):
            continue
        bits = (
            model.prior_bits
            + sum(model.bits[evidence[kind]] for kind in (0, 2, 3, 4))  # type: ignore[index]
            + name_bits(model, evidence[1], bearers[a.sound], len(subjects))
        )
        if evidence[1] != NameEvidence.DIFFERENT and score_of(bits) < model.offer_from:
            continue
        question = Question(
            bits,
            (a, b),
            bits >= model.link_from_bits and not veto_of(model, *evidence, asks=True),
        )
        if pair not in found or bits > found[pair].bits + 1e-9:
            found[pair] = question
    return found


def brute_linked(subjects: list[Subject], model: LinkageModel) -> dict[int, int]:
    """The clusters once probable links are made: spellings of a number, then unsure rows."""
    clusters = brute_clusters(subjects)
    questions = brute_questions(subjects, model)
    disputed = brute_findings(subjects, within_roster=False)
    numbers: dict[str, set[int]] = defaultdict(set)
    takers: set[int] = set()
    sizes = Counter(clusters[subject.key] for subject in subjects)
    for subject in subjects:
        if subject.certain:
            numbers[str(subject.number)].add(clusters[subject.key])
            if subject.key not in disputed or sizes[clusters[subject.key]] > 1:
                takers.add(clusters[subject.key])
    renamed: dict[int, int] = {}
    for number_there, spellings in numbers.items():
        pairs = list(combinations(sorted(spellings), 2))
        agreed = [
            questions[pair].linkable
            and all(row.certain and row.number == number_there for row in questions[pair].rows)
            for pair in pairs
            if pair in questions
        ]
        if pairs and len(agreed) == len(pairs) and all(agreed):
            renamed |= dict.fromkeys(spellings, min(spellings))
    taken = {renamed.get(taker, taker) for taker in takers}
    for key, target in brute_probable(subjects, questions, clusters, renamed, model).items():
        if target in taken:
            renamed[clusters[key]] = target
    return {key: renamed.get(cluster, cluster) for key, cluster in clusters.items()}


def brute_probable(
    subjects: list[Subject],
    questions: dict[tuple[int, int], Question],
    clusters: dict[int, int],
    renamed: dict[int, int],
    model: LinkageModel,
) -> dict[int, int]:
    """For each unsure row the one certain cluster that leads all others by enough."""
    found: dict[int, int] = {}
    for subject in subjects:
        options: dict[int, tuple[float, bool]] = {}
        for question in questions.values():
            if subject.certain or subject not in question.rows:
                continue
            other = next(row for row in question.rows if row is not subject)
            if other.certain:
                target = renamed.get(clusters[other.key], clusters[other.key])
                bits, linkable = options.get(target, (-math.inf, False))
                options[target] = max(bits, question.bits), linkable or question.linkable
        ranked = sorted(options.items(), key=lambda option: -option[1][0])
        led = len(ranked) < 2 or ranked[0][1][0] - ranked[1][1][0] >= model.lead_bits
        if ranked and led and ranked[0][1][1]:
            found[subject.key] = ranked[0][0]
    return found
