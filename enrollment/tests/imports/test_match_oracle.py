"""The set-based comparison says what brute force over every pair of rows says."""

import dataclasses
import math
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Hashable
from datetime import date, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.imports import match
from enrollment.imports.match import Workspace, link_rows
from enrollment.imports.roster_checks import check_rosters
from enrollment.rules.matching import (
    CERTAIN_TIERS,
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
from enrollment.tests.imports.roster_rows import frame, number, row, without_number

# Without limits on what a clerk is shown, so that the two sides agree to the pair.
LINKING = dataclasses.replace(CERTAIN_TIERS, offers_per_row=1000, offer_within_bits=1000)
UNLIMITED = dataclasses.replace(LINKING, link_from_bits=1000)

NAMES = ("王淑芬", "王书芬", "王淑芳", "于嘉怡", "王淑?", None)
BIRTHS = (date(1980, 5, 17), date(1980, 5, 18), date(1980, 7, 15), date(2012, 3, 4), None)
# Two namesakes of one day, one of the next, and a child.
PEOPLE = tuple(
    {"name_key": name, "birth_on": born, "sex": sex, "id_number": number(born, sex, serial)}
    for name, born, sex, serial in (
        ("王淑芬", BIRTHS[0], "FEMALE", 1),
        ("王淑芬", BIRTHS[0], "FEMALE", 2),
        ("王淑芳", BIRTHS[1], "MALE", 1),
        ("于嘉怡", BIRTHS[3], "FEMALE", 1),
    )
)

Row = dict[str, Any]


@st.composite
def rosters(draw: st.DrawFn) -> list[Row]:
    """A few rows of few people, full of coincidences."""
    return [draw(rows(row_id)) for row_id in range(1, draw(st.integers(2, 7)) + 1)]


@st.composite
def rows(draw: st.DrawFn, row_id: int) -> Row:
    """A row of one of the people, with up to three things gone wrong."""
    values = dict(draw(st.sampled_from(PEOPLE)))
    changes = st.sampled_from(("name", "birth", "sex", "number", "number", "rejected"))
    for change in draw(st.lists(changes, max_size=3)):
        values |= draw(CHANGES[change])
    return row(
        row_id,
        draw(st.sampled_from(["NCMS210281", "NCMS210283", "URBMI"])),
        household_no=draw(st.sampled_from(["1", "2", None])),
        phone=draw(st.sampled_from(["13800000001", "13800000002", None])),
        **{"id_text": values["id_number"], **values},
    )


def _one_of(field: str, *values: object) -> st.SearchStrategy[Row]:
    return st.sampled_from([{field: value} for value in values])


SLIPS = tuple(
    without_number("BAD_CHECK", text, id_suggestion=None)
    for own in (PEOPLE[0]["id_number"], PEOPLE[3]["id_number"])
    for text in (own[:16] + "9" + own[17], own[:9] + "99" + own[11:], own[:4] + own[5:])
)
CHANGES: dict[str, st.SearchStrategy[Row]] = {
    "name": _one_of("name_key", *NAMES),
    "birth": _one_of("birth_on", *BIRTHS),
    "sex": _one_of("sex", "MALE", "FEMALE", None),
    "number": st.one_of(
        st.sampled_from(
            [
                {"id_number": other["id_number"], "id_text": None, "id_state": "VALID"}
                for other in PEOPLE
            ]
        ),
        st.just(without_number(id_suggestion=None)),
        st.sampled_from(SLIPS),
        st.sampled_from(
            [without_number("WRONG_COLUMN", id_suggestion=other["id_number"]) for other in PEOPLE]
        ),
    ),
    "rejected": _one_of("outcome", "REJECTED"),
}


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
    def strength(self) -> Strength | None:
        if self.number is None:
            return None
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
        return self.row["birth_on"] or self.number_birth

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
    if subject.household is None or subject.row["birth_on"] is None:
        return False
    there = (subject.household, subject.row["birth_on"])
    return (other.household, other.row["birth_on"]) == there and (
        None not in (subject.name, other.name) and subject.name != other.name
    )


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


def compare_dates(a: date | None, b: date | None) -> BirthEvidence:
    if a is None or b is None:
        return BirthEvidence.UNKNOWN
    if a == b:
        return BirthEvidence.EQUAL
    equal = (a.year == b.year) + (a.month == b.month) + (a.day == b.day)
    turned = (a.year, a.month, a.day) == (b.year, b.day, b.month)
    return BirthEvidence.PART if equal == 2 or turned else BirthEvidence.DIFFERENT


def compare_births(a: Subject, b: Subject) -> BirthEvidence:
    of_number = a.birth == b.number_birth or a.number_birth == b.birth
    if a.birth and b.birth and a.birth != b.birth and a.number != b.number and of_number:
        return BirthEvidence.OF_NUMBER
    return compare_dates(a.birth, b.birth)


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


def disputes(a: Subject, b: Subject) -> tuple[bool, bool]:
    """Whether two rows carry one number under different names, and whether these are alike."""
    if not a.number or a.number != b.number or a.name is None or b.name is None:
        return False, False
    if a.sound == b.sound and a.spelt == b.spelt:
        return False, False
    alike = (
        compare_names(a, b) != NameEvidence.DIFFERENT
        and compare_dates(a.row["birth_on"], b.row["birth_on"]) != BirthEvidence.DIFFERENT
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
        meet = (not (a.certain and b.certain) and keys_of(a) & keys_of(b)) or (
            disputed and (alike or (a.strength and b.strength))
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


def with_linkage(rows: list[Row], model: LinkageModel = UNLIMITED) -> match.Linkage:
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory), memory_bytes=256 * 1024**2, threads=1)
        return link_rows(frame(*rows), workspace=workspace, model=model)


@given(rosters())
@settings(max_examples=50, deadline=None)
def test_links_findings_and_pairs_equal_brute_force(rows: list[Row]) -> None:
    subjects = subjects_of(rows)
    linkage = with_linkage(rows)
    clusters = dict(linkage.links.select("row_id", "cluster").iter_rows())
    assert clusters == brute_clusters(subjects)
    assert dict(linkage.findings.iter_rows()) == brute_findings(subjects, within_roster=False)
    said = {
        tuple(sorted((clusters[a], clusters[b]))): bits
        for a, b, bits in linkage.pairs.select("row_a", "row_b", "bits").iter_rows()
    }
    questions = brute_questions(subjects, UNLIMITED)
    assert said == {pair: round(question.bits, 2) for pair, question in questions.items()}


@given(rosters())
@settings(max_examples=50, deadline=None)
def test_probable_links_equal_brute_force(rows: list[Row]) -> None:
    subjects = subjects_of(rows)
    linkage = with_linkage(rows, LINKING)
    clusters = dict(linkage.links.select("row_id", "cluster").iter_rows())
    expected = brute_linked(subjects, LINKING)
    assert clusters == expected
    # What was linked is asked no more, and nothing is asked that was not before.
    for a, b in linkage.pairs.select("row_a", "row_b").iter_rows():
        assert clusters[a] != clusters[b]


@given(rosters())
@settings(max_examples=15, deadline=None)
def test_roster_checks_equal_brute_force(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory), memory_bytes=256 * 1024**2, threads=1)
        checked = check_rosters(frame(*rows), workspace=workspace)
    subjects = subjects_of(rows)
    expected: dict[int, set[str]] = defaultdict(set)
    for key, reason in brute_findings(subjects, within_roster=True).items():
        expected[key].add(reason)
    for a in subjects:
        for b in subjects:
            same = a.number and a.number == b.number and a.row["roster"] == b.row["roster"]
            if (
                same
                and b.place < a.place
                and ((a.sound and a.sound == b.sound) or disputes(a, b)[1])
            ):
                expected[a.key].add("LISTED_TWICE")
    said = dict(
        checked.filter(pl.col("outcome") == "REVIEW").select("row_id", "reasons_added").iter_rows()
    )
    assert said == {key: sorted(reasons) for key, reasons in expected.items()}


@given(rosters(), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_does_not_matter(rows: list[Row], shuffler: random.Random) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    one, other = with_linkage(rows), with_linkage(shuffled)
    assert one.links.equals(other.links)
    assert one.pairs.equals(other.pairs)
    assert one.findings.equals(other.findings)


@given(rosters())
@settings(max_examples=15, deadline=None)
def test_no_cluster_holds_two_numbers_or_a_contradicted_row(rows: list[Row]) -> None:
    links = with_linkage(rows).links
    by_key = {subject.key: subject for subject in subjects_of(rows)}
    for members in links.group_by("cluster").agg("row_id")["row_id"]:
        numbers = {by_key[key].number for key in members}
        assert len(members) == 1 or len(numbers) == 1
        assert len(members) == 1 or all(by_key[key].certain for key in members)
