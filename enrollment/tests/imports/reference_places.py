"""The areas of the reference table as they stand in a new database, without one."""

import csv
from importlib import resources

from bureau.core.models import Area
from enrollment.imports.sources import Places


def reference_places() -> Places:
    """The city, its counties and towns."""
    table = resources.files("bureau.core").joinpath("reference/areas_dalian.csv")
    found: dict[str, Area] = {}
    for key, row in enumerate(csv.DictReader(table.read_text("utf-8").splitlines()), start=1):
        parent = found.get(row["parent_code"])
        found[row["code"]] = Area(
            pk=key,
            code=row["code"],
            name=row["name"],
            level=row["level"],
            aliases=row["aliases"].split(),
            former_codes=row["former_codes"].split(),
            parent_id=parent.pk if parent else None,
        )
    return Places(found.values())
