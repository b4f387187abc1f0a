"""The sample rosters, judged row by row against their truth and read as in production."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from bureau.intake.frames import frames
from bureau.intake.layouts import propose_layout
from bureau.intake.readers import open_source
from enrollment.choices import Outcome, Scheme
from enrollment.imports.normalise import normalise, usual_date_form
from enrollment.imports.roster_context import RosterContext
from enrollment.imports.roster_fields import ROSTER_FIELDS

SAMPLE = Path(__file__).resolve().parents[4] / "shared" / "data" / "rosters" / "sample"
OUTCOMES = {
    "accept": Outcome.ACCEPTED,
    "accept_with_fix": Outcome.FIXED,
    "review": Outcome.REVIEW,
    "reject": Outcome.REJECTED,
}
# What only the roster as a whole can tell; a row judged by itself may pass.
OF_THE_ROSTER = {"ID_PARENT", "ID_SHARED", "DUP_AGAIN", "ID_DUP_ISSUED"}

pytestmark = pytest.mark.skipif(
    not SAMPLE.exists(), reason="the sample rosters are not beside this project"
)


def _truth():
    with (SAMPLE / "truth" / "truth_records.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {(r["file"], r["sheet"], int(r["row"])): r for r in csv.DictReader(stream)}


def _scheme(file):
    return {"urbmi": Scheme.URBMI, "uebmi": Scheme.UEBMI}.get(file[:5], Scheme.NCMS)


def _judged(path):
    with open_source(path) as source:
        layout = propose_layout(source, ROSTER_FIELDS)
        sheets = {sheet.sheet: sheet for sheet in layout.sheets}
        for frame in frames(source, layout, ROSTER_FIELDS):
            if not frame.height:
                continue
            sheet = sheets[frame["sheet"][0]]
            scheme, reference_on = _scheme(path.name), date(2019, 12, 31)
            context = RosterContext(
                year=2019,
                reference_on=reference_on,
                fields=frozenset(c.field for c in sheet.columns if c.field),
                scheme=scheme,
                amounts_due=scheme is Scheme.NCMS,
                date_form=usual_date_form(frame, reference_on=reference_on),
            )
            for row in normalise(frame, context=context).iter_rows(named=True):
                yield (path.name, sheet.sheet_name, row["row_no"]), row


@pytest.mark.slow
def test_every_record_of_the_sample_gets_an_allowed_outcome():
    truth, seen, wrong = _truth(), Counter(), []
    for path in sorted((SAMPLE / "files").iterdir()):
        for place, row in _judged(path):
            record = truth.get(place)
            if record is None:
                assert row["outcome"] == Outcome.NOT_RECORD, place
                continue
            seen[place] += 1
            allowed = {
                OUTCOMES[code]
                for code in (record["expected"], *filter(None, record["also_ok"].split(";")))
            }
            of_the_roster = OF_THE_ROSTER & set(record["faults"].split(";"))
            if row["outcome"] not in allowed and not of_the_roster:
                wrong.append((place, record["faults"], row["outcome"], row["reasons"]))
    assert wrong == []
    assert set(seen) == set(truth)
    assert set(seen.values()) == {1}
