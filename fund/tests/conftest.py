"""Fixtures of the fund's tests."""

import pytest

from fund.tests.books import Ledger, ledger


@pytest.fixture
def city_fund(db: None) -> Ledger:
    """The resident fund of the city, from January 2020 on."""
    return ledger()
