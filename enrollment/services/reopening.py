"""A checked roster whose columns turn out to be wrong is begun anew from the same files."""

import datetime

from bureau.core import audit
from bureau.core.actors import Actor
from bureau.core.transactions import whole
from bureau.intake.choices import BatchState, Channel
from enrollment.choices import Scheme
from enrollment.models import RosterBatch, RosterFile
from enrollment.services import rosters

#: What a file is known by once it was looked at; how it was read goes with its columns.
_KNOWN = ("stored_id", "name", "sha256", "shape", "layout", "problems", "told", "samples")


@whole
def back_to_columns(*, batch: RosterBatch, at: datetime.datetime, by: Actor) -> RosterBatch:
    """A new draft has the roster's files with their columns open; the roster itself is withdrawn.

    Its rows as they were read stay on record under it. Raises `MovedOn` when the roster is no
    longer a checked one.
    """
    rosters.expect(batch, BatchState.CHECKED)
    batch.refresh_from_db(fields=["drafters"])
    files = list(RosterFile.objects.filter(batch=batch, withdrawn=False).order_by("pk"))
    rosters.withdraw_roster(batch=batch, at=at, by=by)
    again = rosters.receive_roster(
        scheme=Scheme(batch.scheme),
        area=batch.area,
        year=batch.year,
        rows_declared=batch.rows_declared,
        households_declared=batch.households_declared,
        amount_declared=batch.amount_declared,
        note=batch.note,
        # Whatever way it came, it is a person's from here on and needs a second one.
        channel=Channel.BROWSER,
        at=at,
        by=by,
    )
    RosterFile.objects.bulk_create(
        RosterFile(batch=again, **{name: getattr(file, name) for name in _KNOWN}) for file in files
    )
    # Who worked on the files before has worked on them now.
    rosters.note_drafters(again, *batch.drafters)
    audit.record("roster.begun_anew", by=by, at=at, target=again, area=batch.area, earlier=batch.pk)
    return again
