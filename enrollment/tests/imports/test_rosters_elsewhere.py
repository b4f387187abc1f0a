"""Rosters from other provinces are read, judged and linked without anybody choosing a column."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from bureau.testing.city import elsewhere
from bureau.testing.city.generate import generate
from bureau.testing.tests import reading
from enrollment.models import RosterBatch
from enrollment.tests.imports.roster_trial import try_city


@pytest.mark.parametrize("style", elsewhere.CITIES)
def test_a_city_of_rosters_from_elsewhere(tmp_path, style):
    generate(tmp_path, people=2_000, seed=11, style=style)
    trial = try_city(tmp_path, tmp_path / "workspace")
    assert trial.records > 2_000
    assert trial.lost == []
    assert trial.loaded_though_no_record == []
    assert len(trial.not_allowed) <= 0.005 * trial.records, trial.not_allowed[:9]
    assert len(trial.loaded_unseen) <= 0.001 * trial.records, trial.loaded_unseen
    assert trial.certain_pairs > 50
    assert trial.certain_pairs_linked >= 0.995 * trial.certain_pairs
    assert trial.wrong_links <= 0.001 * trial.links
    assert trial.pairs_found >= 0.99 * trial.pairs
    assert trial.pairs_offered <= 0.02 * trial.records
    abroad = elsewhere.CITIES[style][1]
    told = [(file, origin) for file, origin in trial.wrong_origins if origin.area or not abroad]
    assert told == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_folder_of_counties_that_nobody_knows_makes_a_roster_of_each(tmp_path):
    generate(tmp_path, people=1_000, seed=5, style="elsewhere-2", only=["ncms"])
    out = StringIO()
    call_command("import_roster", str(tmp_path), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["failed"], told["refused"]) == ([], [])
    files = reading.truth(tmp_path, "files")
    assert len(told["rosters"]) == len(files) == 9
    marks = set(RosterBatch.objects.values_list("note", flat=True))
    assert len(marks) == 9
    assert all(marks)
    records = sum(int(file["records"]) for file in files)
    judged = ("rows_accepted", "rows_fixed", "rows_review", "rows_rejected")
    assert sum(roster[name] for roster in told["rosters"] for name in judged) == records
