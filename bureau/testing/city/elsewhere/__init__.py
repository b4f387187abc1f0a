"""Rosters as the counties of other provinces hand them in: their words, habits and containers.

Written from what such offices print and export, without a look at what the reader knows, so that
the two cannot agree by having one author.
"""

from bureau.testing.city.elsewhere.first import ABROAD, AT_HOME
from bureau.testing.city.elsewhere.places import counties as counties_elsewhere
from bureau.testing.city.elsewhere.second import AFRESH, EXPORTS
from bureau.testing.city.habits import Layout
from bureau.testing.city.layouts import exports
from bureau.testing.city.places import County, counties

#: Style of a city: its layouts with the exports, and whether its counties are not Dalian's.
CITIES: dict[str, tuple[tuple[Layout, ...], bool]] = {
    "elsewhere-1": ((*AT_HOME, *exports()), False),
    "elsewhere-2": ((*ABROAD, *exports()), True),
    "elsewhere-3": ((*AFRESH, *EXPORTS), False),
}


def layouts(style: str) -> list[Layout]:
    """The layouts of a city."""
    return list(CITIES[style][0])


def counties_of(style: str) -> list[County]:
    """The counties of a city of any style."""
    return counties_elsewhere() if style in CITIES and CITIES[style][1] else counties()
