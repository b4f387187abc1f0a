"""The generator of rosters: same seed same city, and a truth that is true."""

import csv
import filecmp
import importlib.util
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path

import pytest

from bureau.testing.city import RESERVED_CODE, __main__, generate, layouts, strange
from bureau.testing.city.faults import FAULTS, REVIEW, outcomes
from bureau.testing.city.names import rare_characters
from bureau.testing.city.numbers import check_character, is_valid
from bureau.testing.tests import reading

SHARED = Path(__file__).resolve().parents[4] / "shared"
SAMPLE = SHARED / "data" / "rosters" / "sample" / "truth"
SCORER = SHARED / "tools" / "score_rosters.py"
NAME_FAULTS = ("NAME_", "CELL_")
NUMBER_FAULTS = {"NEWBORN_NO_ID", "ID15"}
CITIES = {"dalian": ("dalian", 3, 9000)} | {
    f"strange {seed}": ("strange", seed, 3000) for seed in (1, 2, 3, 4)
}


@pytest.fixture(scope="module", params=CITIES, ids=str)
def city(request, tmp_path_factory):
    style, seed, people = CITIES[request.param]
    root = tmp_path_factory.mktemp("city")
    generate(root, people=people, seed=seed, style=style)
    made = layouts.dalian() if style == "dalian" else strange.layouts(seed)
    return root, {layout.source: layout for layout in made}


@pytest.fixture(scope="module")
def dalian(tmp_path_factory):
    root = tmp_path_factory.mktemp("dalian")
    generate(root, people=20_000, seed=8)
    return root


def faults_of(record):
    return [code for code in record["faults"].split(";") if code]


def test_same_seed_makes_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        generate(tmp_path / name, people=1500, seed=11)
    for folder in ("files", "truth"):
        one, other = tmp_path / "one" / folder, tmp_path / "other" / folder
        names = sorted(path.name for path in one.iterdir())
        assert names == sorted(path.name for path in other.iterdir())
        assert filecmp.cmpfiles(one, other, names, shallow=False)[1:] == ([], [])


def test_truth_is_left_out_without_changing_the_files(tmp_path):
    one = generate(tmp_path / "one", people=800, seed=2)
    other = generate(tmp_path / "other", people=800, seed=2, truth=False)
    assert one.files == other.files
    assert not (tmp_path / "other" / "truth").exists()
    names = list(one.files)
    assert filecmp.cmpfiles(
        tmp_path / "one" / "files", tmp_path / "other" / "files", names, shallow=False
    )[1:] == ([], [])


def test_every_record_stands_where_the_truth_says(city):
    root, by_source = city
    rows = reading.rows(root)
    people = {person["person_key"]: person for person in reading.truth(root, "people")}
    records = reading.truth(root, "records")
    assert records
    for record in records:
        layout = by_source[record["source"]]
        names = [name for _, name in layout.columns]
        cells = rows[record["file"], record["sheet"], int(record["row"])]
        person, faults = people[record["person_key"]], faults_of(record)
        if not any(code.startswith("NAME_") and code != "NAME_RARE" for code in faults):
            assert cells[names.index("name" if "name" in names else "psn_name")] == person["name"]
        if not any(
            code in NUMBER_FAULTS
            or (code.startswith("ID_") and code not in {"ID_OWNER", "ID_ENDS_000", "ID_DUP_ISSUED"})
            for code in faults
        ):
            assert cells[names.index("id")] == person["id_no"], record
        if "birth" in names and layout.birth == "excel" and not faults:
            cell = cells[names.index("birth")]
            assert isinstance(cell, datetime)
            assert cell.date() == date.fromisoformat(person["birth"])


def test_rows_that_are_no_records_carry_nobody(city):
    root, _ = city
    places = {
        (record["file"], record["sheet"], int(record["row"]))
        for record in reading.truth(root, "records")
    }
    for place, cells in reading.rows(root).items():
        if place not in places:
            assert not any(is_valid(str(cell).strip()) for cell in cells), (place, cells)


def test_truth_of_files_counts_what_is_in_them(city):
    root, by_source = city
    counts = Counter(record["file"] for record in reading.truth(root, "records"))
    rows = reading.rows(root)
    sheets = defaultdict(set)
    for file, sheet, _ in rows:
        sheets[file].add(sheet)
    files = reading.truth(root, "files")
    assert {path.name for path in (root / "files").iterdir()} == {file["file"] for file in files}
    for file in files:
        layout = by_source[file["source"]]
        assert int(file["records"]) == counts[file["file"]]
        assert int(file["sheets"]) == len(sheets[file["file"]])
        last = int(file["header_row"]) + int(file["header_rows"]) - 1
        for sheet in sheets[file["file"]]:
            header = rows[file["file"], sheet, last]
            alone = {label for label, span in layout.groups if span == 1}
            for (label, _), cell in zip(layout.columns, header, strict=True):
                assert cell == label or label in alone


def test_pairs_are_all_pairs_of_records_of_a_person(city):
    root, _ = city
    by_person = defaultdict(list)
    for record in reading.truth(root, "records"):
        by_person[record["person_key"]].append(int(record["record_id"]))
    expected = {
        (one, other)
        for numbers in by_person.values()
        for one in numbers
        for other in numbers
        if one < other
    }
    pairs = reading.truth(root, "pairs")
    assert {(int(pair["record_a"]), int(pair["record_b"])) for pair in pairs} == expected
    assert len(pairs) == len(expected)


def test_traps_are_records_of_different_people(city):
    root, _ = city
    people = {
        record["record_id"]: record["person_key"] for record in reading.truth(root, "records")
    }
    traps = reading.truth(root, "traps")
    assert traps
    for trap in traps:
        assert people[trap["record_a"]] != people[trap["record_b"]]


def test_people_are_possible(city):
    root, _ = city
    households = defaultdict(list)
    for person in reading.truth(root, "people"):
        number = person["id_no"]
        assert is_valid(number)
        assert number[6:14] == person["birth"].replace("-", "")
        assert (int(number[16]) % 2 == 1) == (person["sex"] == "男")
        households[person["household"]].append(person)
    for members in households.values():
        assert [member["relation"] for member in members].count("head") == 1
        eldest = min(m["birth"] for m in members if m["relation"] in {"head", "spouse"})
        for member in members:
            if member["relation"] in {"child", "grandchild"}:
                assert int(member["birth"][:4]) - int(eldest[:4]) >= 13
    numbers = Counter(person["id_no"] for members in households.values() for person in members)
    assert max(numbers.values()) <= 2


def test_names_with_rare_characters_survive_where_the_encoding_has_them(dalian):
    rows = reading.rows(dalian)
    people = {person["person_key"]: person["name"] for person in reading.truth(dalian, "people")}
    kept = lost = 0
    for record in reading.truth(dalian, "records"):
        name = people[record["person_key"]]
        if not rare_characters(name):
            continue
        line = "".join(map(str, rows[record["file"], record["sheet"], int(record["row"])]))
        faults = faults_of(record)
        if "NAME_RARE_LOST" in faults:
            lost += 1
            assert record["file"] == "210212_lsk_2019.csv"
            assert name not in line
            assert record["expected"] in {REVIEW, "reject"}
        elif not any(code.startswith("NAME_") and code != "NAME_RARE" for code in faults):
            kept += 1
            assert name in line
    assert kept > 20


def test_every_fault_occurs_about_as_often_as_in_the_sample(dalian):
    wanted = {
        "ID_LOWER_X": 13.0, "DATE_FORM": 7.9, "BIRTH_DIFF": 6.6, "NAME_HOMOPHONE": 6.5,
        "ID15": 6.2, "ID_SPACE": 6.2, "ID_DIGIT": 6.1, "ID_OWNER": 5.3, "NAME_SPACE": 5.2,
        "SEX_DIFF": 4.2, "ID_PARENT": 3.9, "AMT_DECIMAL": 3.8, "ID_MISSING": 3.6, "ID_SWAP": 3.1,
        "YEAR_FORM": 3.0, "DUP_AGAIN": 2.8, "ID_FULLWIDTH": 2.8, "HH_FILLDOWN": 114.0,
    }  # fmt: skip
    records = reading.truth(dalian, "records")
    counts = Counter(code for record in records for code in faults_of(record))
    for code, per_1000 in wanted.items():
        assert 0.5 < 1000 * counts[code] / len(records) / per_1000 < 1.7, code
    # The rarest may be missing from a city of this size.
    seldom = {"CELL_NUL", "CELL_LONG", "NAME_RARE_LOST"}
    assert {fault.code for fault in FAULTS} - set(counts) <= seldom


def test_overlaps_are_about_as_frequent_as_in_the_sample(dalian):
    counts = Counter(pair["overlap"] for pair in reading.truth(dalian, "pairs"))
    per_1000 = {"ncms_urbmi": 29, "ncms_uebmi": 20.5, "other_county": 6.4, "same_roster": 3.0}
    for overlap, wanted in per_1000.items():
        assert 0.6 < counts[overlap] / 20 / wanted < 1.6, overlap


def test_faults_together_give_the_most_severe_outcome():
    assert outcomes((), is_export=False) == ("accept", ("accept_with_fix",))
    assert outcomes((), is_export=True) == ("accept", ())
    assert outcomes(("ID15", "DATE_FORM"), is_export=False) == ("accept_with_fix", ())
    assert outcomes(("ID_SCI", "BIRTH_DIFF"), is_export=False) == ("reject", ("review",))
    assert outcomes(("SEX_DIFF", "ID_SPACE"), is_export=False) == ("review", ("accept_with_fix",))


@pytest.mark.skipif(not SAMPLE.exists(), reason="the shared sample rosters are not at hand")
def test_outcomes_agree_with_those_of_the_sample():
    with (SAMPLE / "truth_records.csv").open(encoding="utf-8", newline="") as lines:
        for record in csv.DictReader(lines):
            expected, also = outcomes(
                tuple(faults_of(record)), is_export=not record["source"].startswith("NCMS")
            )
            assert expected == record["expected"], record
            assert set(also) == {code for code in record["also_ok"].split(";") if code}, record


@pytest.mark.skipif(not SCORER.exists(), reason="the shared scoring tool is not at hand")
def test_a_perfect_result_scores_a_hundred_percent(city, tmp_path):
    root, _ = city
    with (tmp_path / "records.csv").open("w", encoding="utf-8", newline="") as lines:
        out = csv.writer(lines)
        out.writerow(["file", "sheet", "row", "outcome", "reasons", "person_id"])
        for record in reading.truth(root, "records"):
            place = [record["file"], record["sheet"], record["row"]]
            out.writerow([*place, record["expected"], record["faults"], record["person_key"]])
    spec = importlib.util.spec_from_file_location("score_rosters", SCORER)
    scorer = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["score_rosters"] = scorer
    spec.loader.exec_module(scorer)
    truth = scorer.load_truth(root / "truth")
    result = scorer.score(truth, scorer.load_results(truth, tmp_path / "records.csv", None))
    assert result["outcomes"]["as_expected"] == 1
    assert result["outcomes"]["lost"] == result["outcomes"]["held_back_without_reason"] == 0
    assert result["linkage"]["automatic"]["precision"] == 1
    assert result["linkage"]["automatic"]["recall"] == 1
    labels = [scorer.pair_class(truth.faults[a], truth.faults[b]) for a, b, *_ in truth.pairs]
    assert labels == [label for _, _, label, *_ in truth.pairs]


def test_strange_layouts_differ_by_seed_and_cover_encodings_and_delimiters():
    seen = {repr(strange.layouts(seed)) for seed in range(30)}
    assert len(seen) == 30
    made = strange.layouts(5)
    text = [layout for layout in made if layout.container == "text" and "NCMS" in layout.source]
    encodings = {layout.encoding for layout in text}
    assert encodings == {"utf-8", "gb18030", "gbk", "utf-16-le", "utf-16-be"}
    assert {layout.delimiter for layout in text} == {",", "\t", "|", ";"}


def test_only_some_schemes_are_written(tmp_path):
    summary = generate(tmp_path, people=600, seed=4, only=["uebmi"])
    assert list(summary.files) == ["uebmi_310_20191130.csv"]
    assert {person["sources"] for person in reading.truth(tmp_path, "people")} == {"UEBMI"}
    assert summary.people == summary.records


def test_reserved_numbers_stand_under_a_code_of_nobody(tmp_path):
    generate(tmp_path, people=600, seed=4, reserved_numbers=True)
    for person in reading.truth(tmp_path, "people"):
        assert person["id_no"].startswith(RESERVED_CODE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"people": 10, "style": "paris"}, "style 'paris' is none of dalian, strange"),
        ({"people": 10, "only": ["abc"]}, "scheme ABC is none of NCMS, URBMI, UEBMI"),
        ({"people": 0}, "at least 1 is needed"),
    ],
)
def test_wrong_arguments_are_named(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(tmp_path, **arguments)


def test_a_city_of_one_is_a_city(tmp_path):
    assert generate(tmp_path, people=1, seed=1).people == 1


def test_check_character_of_the_standard():
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


def test_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["city", str(tmp_path), "--people", "300", "--seed", "3"])
    assert __main__.main() == 0
    assert capsys.readouterr().out.startswith("300 people, ")
