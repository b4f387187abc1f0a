"""The words for the acts of the shared mechanisms."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bureau.core import audit

audit.say(
    {
        "approval.request": _("Submitted for approval"),
        "approval.approve": _("Approved"),
        "approval.return": pgettext_lazy("act", "Returned"),
        "approval.withdraw": _("Withdrawn"),
        "job.cancel": pgettext_lazy("act", "Stopped"),
        "job.retry": pgettext_lazy("act", "Tried again"),
        "job.noted": pgettext_lazy("act", "Taken note of"),
        "job.failed": pgettext_lazy("act", "Failed"),
        "maintenance.add": pgettext_lazy("act", "Added"),
        "maintenance.change": pgettext_lazy("act", "Changed"),
    }
)
