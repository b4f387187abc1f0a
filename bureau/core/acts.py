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
        "export.asked": pgettext_lazy("act", "File asked for"),
        "export.download": pgettext_lazy("act", "File fetched"),
        "export.revoke": pgettext_lazy("act", "Export revoked"),
        "parameter.approved": pgettext_lazy("act", "Value in force"),
        "power.approved": pgettext_lazy("act", "Power given or taken"),
        "staff.password-issued": pgettext_lazy("act", "One-time password issued"),
        "staff.second-factor-removed": pgettext_lazy("act", "Second factor removed"),
        "list.filter_shared": pgettext_lazy("act", "Filter shared"),
        "list.filter_removed": pgettext_lazy("act", "Shared filter removed"),
        "list.preset_kept": pgettext_lazy("act", "Preset of a list kept"),
        "list.preset_removed": pgettext_lazy("act", "Preset of a list removed"),
        "maintenance.add": pgettext_lazy("act", "Added"),
        "maintenance.change": pgettext_lazy("act", "Changed"),
    }
)
