"""Where there is no database, the clock still goes, and asks for none."""

from bureau.core import clock


def test_without_a_database_the_clock_goes(monkeypatch):
    monkeypatch.setattr(clock, "_last", None)
    assert clock.now() <= clock.now()
    assert clock.today() == clock.today()
