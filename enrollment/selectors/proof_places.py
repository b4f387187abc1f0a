"""In which county-level area the proof counts a row or a coverage."""

from bureau.core.choices import AreaLevel
from bureau.core.models import Area
from enrollment.choices import Scheme
from enrollment.models import RosterBatch


class Places:
    """Areas by number and by written code, and the county each lies in."""

    def __init__(self) -> None:
        areas = list(Area.objects.order_by("path"))
        self.by_number = {area.pk: area for area in areas}
        self.by_code = {code: area for area in areas for code in area.former_codes}
        self.by_code |= {area.code: area for area in areas}
        self.counties = {area.pk: self._county(area) for area in areas}

    def _county(self, area: Area) -> Area:
        """The county-level area the area lies in; the city itself for what lies in none."""
        codes = area.path.split("/")
        return self.by_code[codes[1] if area.level != AreaLevel.CITY else codes[0]]

    def county(self, number: int) -> Area:
        return self.counties[number]

    def county_written(self, code: str | None, roster: RosterBatch) -> Area:
        """The county a row names, as the roll takes it: only the city's exports name one."""
        named = self.by_code.get(code or "")
        if roster.scheme != Scheme.NCMS and named and named.path.startswith(roster.area.path):
            return self.counties[named.pk]
        return self.counties[roster.area_id]

    def codes_under(self, roster: RosterBatch) -> list[str]:
        """The codes by which rows of the roster may name their own county: only the city's exports
        do."""
        if roster.scheme == Scheme.NCMS:
            return []
        path = roster.area.path
        return [code for code, area in self.by_code.items() if area.path.startswith(path)]
