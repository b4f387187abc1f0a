"""Models of the shared mechanisms."""

from bureau.core.models import tracked  # noqa: F401 (adds the tables of the change history)
from bureau.core.models.approvals import ApprovalRequest
from bureau.core.models.areas import Area
from bureau.core.models.audit import AccessLog, AuditEvent
from bureau.core.models.codes import CodeTable, CodeValue
from bureau.core.models.delegations import Delegation
from bureau.core.models.exports import DataExport
from bureau.core.models.files import StoredFile
from bureau.core.models.health import DueRun, SignOfLife
from bureau.core.models.jobs import Job, JobLog
from bureau.core.models.lists import ListSetting, SavedFilter
from bureau.core.models.notifications import Notification, Subscription
from bureau.core.models.parameters import ParameterVersion
from bureau.core.models.powers import PowerWish
from bureau.core.models.staff import RoleGrant, SignInFailure, Staff, StaffSession

__all__ = [
    "AccessLog",
    "ApprovalRequest",
    "Area",
    "AuditEvent",
    "CodeTable",
    "CodeValue",
    "DataExport",
    "Delegation",
    "DueRun",
    "Job",
    "JobLog",
    "ListSetting",
    "Notification",
    "ParameterVersion",
    "PowerWish",
    "RoleGrant",
    "SavedFilter",
    "SignInFailure",
    "SignOfLife",
    "Staff",
    "StaffSession",
    "StoredFile",
    "Subscription",
]
