"""What jobs are about, told from what they were asked with, in the language of who reads it."""

from django.utils.translation import gettext as _

from bureau.core.models import Job
from enrollment.choices import ModelOrigin


def year_of(job: Job) -> str:
    """The year that a job about the proof counts, or that it counts them all."""
    year = job.arguments.get("year")
    return str(year) if year else _("All years")


def proof_of(job: Job) -> str:
    """The proof that is counted again."""
    return _("Integration proof no. %(number)s") % {"number": job.arguments.get("proof", "")}


def doubles_of(job: Job) -> str:
    return _("Double enrollments")


def decision_of(job: Job) -> str:
    """The decision that is carried out."""
    number = job.arguments.get("decision_id", "")
    return _("Decision %(number)s on double enrollments") % {"number": number}


def notices_of(job: Job) -> str:
    """How many notices are printed."""
    count = len(str(job.arguments.get("notices", "")).split(","))
    return _("%(n)s notices") % {"n": f"{count:,}"}


def origin_of(job: Job) -> str:
    """From what a version of the linkage model is learnt."""
    origin = job.arguments.get("origin", "")
    return str(dict(ModelOrigin.choices).get(origin, ""))
