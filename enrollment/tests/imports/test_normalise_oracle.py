"""The vectorised readers of columns agree with the scalar rules on whatever may be written."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.choices import Fix, Reason
from enrollment.imports.date_columns import read_dates
from enrollment.imports.findings import Findings
from enrollment.imports.name_columns import read_names
from enrollment.imports.number_columns import read_numbers
from enrollment.rules.dates import read_date
from enrollment.rules.identity import read_number
from enrollment.rules.names import read_name
from enrollment.tests.strategies import written_dates, written_names, written_numbers

some = settings(max_examples=300, deadline=None)


def _column(values):
    return pl.Series(values, dtype=pl.String)


@some
@given(st.lists(st.one_of(st.none(), written_numbers()), min_size=1, max_size=30))
def test_columns_of_numbers_read_as_single_numbers(texts):
    findings = Findings(len(texts))
    read = read_numbers(_column(texts), findings)
    fixes = findings.lists(Fix)
    for text, row, found in zip(texts, read.iter_rows(named=True), fixes, strict=True):
        expected = read_number(text)
        got = (row["id_state"], row["id_number"], row["id_birth_on"], row["id_sex"], row["reason"])
        assert got == (
            expected.state,
            expected.number,
            expected.birth_on,
            expected.sex,
            expected.reason,
        ), text
        assert (row["id_text"] or "") == expected.text
        assert set(found) == {fix.value for fix in expected.fixes}, text


@some
@given(st.lists(st.one_of(st.none(), written_dates()), min_size=1, max_size=30))
def test_columns_of_dates_read_as_single_dates(texts):
    read = read_dates(_column(texts), century_pivot=19)
    for text, row in zip(texts, read.iter_rows(), strict=True):
        assert row == tuple(read_date(text, century_pivot=19)), text


@some
@given(st.lists(st.one_of(st.none(), written_names), min_size=1, max_size=30))
def test_columns_of_names_read_as_single_names(texts):
    findings = Findings(len(texts))
    read = read_names(_column(texts), findings)
    findings.add_codes(read["reason"])
    fixes, reasons = findings.lists(Fix), findings.lists(Reason)
    for at, text in enumerate(texts):
        expected = read_name(text)
        assert read.row(at)[:2] == (expected.name, expected.key), text
        assert set(fixes[at]) == {fix.value for fix in expected.fixes}, text
        assert reasons[at].to_list() == ([expected.reason.value] if expected.reason else [])
