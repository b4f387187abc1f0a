"""Long work that survives any interruption: `register` a handler, `enqueue` a job, `run` it.

The job row is the truth. A message only names a row, and may be lost, late or doubled; the lease
with its fencing number lets exactly one run write, and a resumed run goes on from the checkpoint.
"""

from bureau.core.jobs.context import Again, Cancelled, JobContext, LeaseLost
from bureau.core.jobs.progress import Progress, log_text, progress_of
from bureau.core.jobs.registry import (
    JobKind,
    autodiscover,
    kind_of,
    kinds,
    label_of,
    register,
    title_of,
)
from bureau.core.jobs.rows import cancel, enqueue, retry, take_note
from bureau.core.jobs.running import Outcome, run, run_until_done
from bureau.core.jobs.sweeping import sweep

__all__ = [
    "Again",
    "Cancelled",
    "JobContext",
    "JobKind",
    "LeaseLost",
    "Outcome",
    "Progress",
    "autodiscover",
    "cancel",
    "enqueue",
    "kind_of",
    "kinds",
    "label_of",
    "log_text",
    "progress_of",
    "register",
    "retry",
    "run",
    "run_until_done",
    "sweep",
    "take_note",
    "title_of",
]
