"""Enumerations of the shared mechanisms, with the words people see."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """The twelve roles of the bureau (a thirteenth party, hospitals, comes by the API only)."""

    VIEWER = "VIEWER", _("Viewer")
    CLERK = "CLERK", _("Clerk")
    REVIEWER = "REVIEWER", _("Reviewer")
    ACCOUNTANT = "ACCOUNTANT", _("Fund accountant")
    FUND_REVIEWER = "FUND_REVIEWER", _("Fund reviewer")
    AGREEMENT_OFFICER = "AGREEMENT_OFFICER", _("Agreement officer")
    CATALOGUE_OFFICER = "CATALOGUE_OFFICER", _("Catalogue officer")
    POLICY_OFFICER = "POLICY_OFFICER", _("Policy officer")
    DIRECTOR = "DIRECTOR", _("Director")
    SYSTEM_ADMINISTRATOR = "SYSTEM_ADMINISTRATOR", _("System administrator")
    SECURITY_ADMINISTRATOR = "SECURITY_ADMINISTRATOR", _("Security administrator")
    AUDITOR = "AUDITOR", _("Auditor")


#: The three powers that one person may never join (GB/T 22239-2019, 8.1.5).
SEPARATED_ROLES = (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)


class AreaLevel(TextChoices):
    """Level of an administrative area; children lie one or more levels below their parent."""

    CITY = "CITY", _("City")
    COUNTY = "COUNTY", _("County")
    TOWN = "TOWN", _("Town")
    VILLAGE = "VILLAGE", _("Village")


class JobState(TextChoices):
    """State of a job; only QUEUED and RUNNING are unfinished."""

    QUEUED = "QUEUED", _("Waiting")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")
    CANCELLED = "CANCELLED", _("Cancelled")


UNFINISHED_JOB_STATES = (JobState.QUEUED, JobState.RUNNING)


class ApprovalState(TextChoices):
    """State of a request for a second person's approval."""

    PENDING = "PENDING", _("Awaiting approval")
    APPROVED = "APPROVED", _("Approved")
    RETURNED = "RETURNED", _("Returned")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class Audience(TextChoices):
    """With whom something saved is shared."""

    OWN = "OWN", _("Only me")
    TEAM = "TEAM", _("My team")
    EVERYONE = "EVERYONE", _("Everyone")


class NotificationKind(TextChoices):
    """What a member of staff is told of."""

    JOB_DONE = "JOB_DONE", _("A job of mine is done")
    JOB_FAILED = "JOB_FAILED", _("A job of mine failed")
    APPROVED = "APPROVED", _("A request of mine was approved")
    RETURNED = "RETURNED", _("A request of mine was returned")
    OVERDUE = "OVERDUE", _("A request waits for me beyond its deadline")
    ROSTER = "ROSTER", _("A roster came in for an area I follow")
    DELEGATED = "DELEGATED", _("Approvals were delegated to me, or that ended")


class ParameterState(TextChoices):
    """State of one value of a parameter."""

    PROPOSED = "PROPOSED", _("Awaiting approval")
    APPROVED = "APPROVED", _("Approved")
    RETURNED = "RETURNED", _("Returned")


class ExportState(TextChoices):
    """State of a file of rows, from the wish on; one past its end is still READY."""

    WAITING = "WAITING", _("Awaiting approval")
    RETURNED = "RETURNED", _("Returned")
    ALLOWED = "ALLOWED", _("Being made")
    READY = "READY", _("Ready")
    REVOKED = "REVOKED", _("Revoked")


class LogLevel(TextChoices):
    """Weight of a job's log line."""

    INFO = "INFO", _("Note")
    WARNING = "WARNING", _("Warning")
    ERROR = "ERROR", _("Error")


class PowerAct(TextChoices):
    """What is done about an account or its roles by two security administrators."""

    GRANT = "GRANT", _("Give a role")
    PERIOD = "PERIOD", _("Change how long a role holds")
    ACCOUNT = "ACCOUNT", _("Open an account")
    PASSWORD = "PASSWORD", _("Issue a one-time password")
    SECOND_FACTOR = "SECOND_FACTOR", _("Remove the second factor")


class WishState(TextChoices):
    """State of a wish about powers; a password that was approved is issued by the one who asked."""

    ASKED = "ASKED", _("Awaiting approval")
    APPROVED = "APPROVED", _("Approved")
    DONE = "DONE", _("Carried out")
    RETURNED = "RETURNED", _("Returned")
