"""The roster for measuring throughput: fast, but of the right form."""

import csv
import io
from collections import Counter

import pytest

from bureau.testing.city import volume
from bureau.testing.city.numbers import is_valid


def read(path, encoding="gb18030"):
    with path.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines))


def test_numbers_are_valid_and_each_person_has_one(tmp_path):
    path = tmp_path / "volume.csv"
    summary = volume.write_volume(path, rows=90_000, faults=0, twice=0)
    rows = read(path)
    assert (summary.rows, summary.size) == (90_000, path.stat().st_size)
    assert summary.twice == 0
    assert summary.faults == {}
    assert len({row["身份证号"] for row in rows}) == len(rows)
    for row in rows:
        number = row["身份证号"]
        assert is_valid(number)
        assert number[6:14] == row["出生日期"].replace("-", "")
        assert (int(number[16]) % 2 == 1) == (row["性别"] == "男")
        assert 2 <= len(row["姓名"]) <= 4


def test_households_have_three_members_at_one_place(tmp_path):
    volume.write_volume(tmp_path / "v.csv", rows=9_000, twice=0)
    homes = Counter(row["户号"] for row in read(tmp_path / "v.csv"))
    assert set(homes.values()) == {3}


def test_faults_and_repeats_come_as_often_as_asked(tmp_path):
    path = tmp_path / "volume.csv"
    summary = volume.write_volume(path, rows=120_000, faults=0.03, twice=0.02)
    rows = read(path)
    assert 0.024 < sum(summary.faults.values()) / len(rows) < 0.03
    assert set(summary.faults) == set(volume.FAULTS)
    assert 0.014 < summary.twice / (len(rows) - volume.TWICE_AFTER) < 0.021
    numbers = Counter(row["身份证号"].strip().upper() for row in rows if row["身份证号"])
    assert 0.9 < sum(n > 1 for n in numbers.values()) / summary.twice <= 1
    assert sum(not row["身份证号"] for row in rows) == summary.faults["ID_MISSING"]
    assert sum(len(row["身份证号"]) == 15 for row in rows) == summary.faults["ID15"]
    wrong = [
        n for row in rows if len(n := row["身份证号"].strip().upper()) == 18 and not is_valid(n)
    ]
    assert len(wrong) == summary.faults["ID_DIGIT"]


def test_rows_do_not_depend_on_how_many_are_made_at_once(tmp_path, monkeypatch):
    volume.write_volume(tmp_path / "one.csv", rows=70_000, seed=5)
    monkeypatch.setattr(volume, "ROWS_AT_ONCE", 9_999)
    volume.write_volume(tmp_path / "other.csv", rows=70_000, seed=5)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()


def test_other_seed_other_people(tmp_path):
    for seed in (1, 2):
        volume.write_volume(tmp_path / f"{seed}.csv", rows=3000, seed=seed, encoding="utf-8")
    one, other = (
        {row["姓名"] + row["身份证号"] for row in read(tmp_path / f"{seed}.csv", "utf-8")}
        for seed in (1, 2)
    )
    assert not one & other


def test_too_many_rows_are_refused(tmp_path):
    with pytest.raises(ValueError, match="1 to 80000000 can"):
        volume.write_volume(tmp_path / "v.csv", rows=0)


def test_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["volume", str(tmp_path / "v.csv"), "--rows", "600"])
    assert volume.main() == 0
    assert capsys.readouterr().out.startswith("600 rows, ")
    assert len(list(csv.reader(io.StringIO((tmp_path / "v.csv").read_text("gb18030"))))) == 601
