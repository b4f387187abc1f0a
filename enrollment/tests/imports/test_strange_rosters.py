"""Rosters laid out as nobody has seen before are read, judged and linked without anybody's help."""

import pytest

from bureau.testing.city.generate import generate
from enrollment.tests.imports.roster_trial import try_city


@pytest.mark.parametrize("seed", [4, 101])
def test_a_city_of_strange_rosters(tmp_path, seed):
    generate(tmp_path, people=1_500, seed=seed, style="strange")
    trial = try_city(tmp_path, tmp_path / "workspace")
    assert trial.records > 1_500
    assert trial.lost == []
    assert trial.loaded_though_no_record == []
    assert trial.wrong_origins == []
    assert len(trial.not_allowed) <= 0.005 * trial.records, trial.not_allowed[:9]
    assert len(trial.loaded_unseen) <= 0.001 * trial.records, trial.loaded_unseen
    assert trial.certain_pairs > 20
    assert trial.certain_pairs_linked >= 0.995 * trial.certain_pairs
    assert trial.wrong_links <= 0.001 * trial.links
    assert trial.pairs_found >= 0.99 * trial.pairs
    assert trial.pairs_offered <= 0.02 * trial.records
