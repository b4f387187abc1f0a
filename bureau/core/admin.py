"""Maintenance pages of the shared mechanisms: areas, codes, and logs to read."""

from django.contrib import admin

from bureau.core import power_admin, resources  # noqa: F401 (the pages of accounts and roles)
from bureau.core.choices import Role
from bureau.core.maintenance import ExchangeAdmin, ReadOnlyAdmin
from bureau.core.models import (
    AccessLog,
    ApprovalRequest,
    Area,
    AuditEvent,
    CodeTable,
    CodeValue,
    Job,
    PowerWish,
    SignInFailure,
    StaffSession,
)


@admin.register(Area)
class AreaAdmin(ExchangeAdmin):
    """The areas of the city; their path is kept by the database."""

    writers = (Role.SYSTEM_ADMINISTRATOR,)
    resource_classes = [resources.AreaResource]
    list_display = ["code", "name", "name_en", "level", "parent", "is_pooling_area"]
    list_filter = ["level", "is_pooling_area"]
    list_select_related = ["parent"]
    search_fields = ["code", "name", "name_en"]
    autocomplete_fields = ["parent"]
    ordering = ["path"]


@admin.register(CodeTable)
class CodeTableAdmin(ExchangeAdmin):
    """Code systems of the national platform and of the place."""

    writers = (Role.SYSTEM_ADMINISTRATOR,)
    resource_classes = [resources.CodeTableResource]
    list_display = ["code", "name", "name_en", "source"]
    search_fields = ["code", "name", "name_en"]


@admin.register(CodeValue)
class CodeValueAdmin(ExchangeAdmin):
    """Values of the code tables; a value is taken out of use, never removed."""

    writers = (Role.SYSTEM_ADMINISTRATOR,)
    resource_classes = [resources.CodeValueResource]
    list_display = ["table", "value", "name", "name_en", "is_active"]
    list_filter = ["table", "is_active"]
    list_select_related = ["table"]
    search_fields = ["value", "name", "name_en"]
    autocomplete_fields = ["table"]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What was done."""

    readers = (Role.AUDITOR, Role.SECURITY_ADMINISTRATOR)
    list_display = ["at", "kind", "actor_text", "target_label", "target_id"]
    list_filter = ["kind"]
    search_fields = ["actor_text", "target_id", "request_id"]


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    """Who looked at whose data."""

    readers = (Role.AUDITOR,)
    list_display = ["at", "actor_text", "action", "subject_label", "subject_id", "reason"]
    list_filter = ["action"]
    search_fields = ["actor_text", "subject_id", "reason"]


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    """What waited for a second person, and what was decided."""

    readers = (Role.AUDITOR,)
    list_display = ["made_at", "kind", "title", "state", "maker", "checker"]
    list_filter = ["state", "kind"]
    list_select_related = ["maker", "checker"]
    search_fields = ["title", "maker__username", "checker__username"]


@admin.register(PowerWish)
class PowerWishAdmin(ReadOnlyAdmin):
    """What was asked and done about roles and accounts, by which two people."""

    readers = (Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)
    list_display = ["asked_at", "act", "staff", "role", "state", "asked_by", "approved_by_no"]
    list_filter = ["state", "act"]
    list_select_related = ["staff", "asked_by"]
    search_fields = ["staff__username", "staff__full_name", "staff_no"]


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Long work and its state."""

    readers = (Role.SYSTEM_ADMINISTRATOR,)
    list_display = ["id", "kind", "label", "state", "phase", "attempts", "due_at"]
    list_filter = ["state", "kind", "queue"]
    search_fields = ["kind", "key", "label"]


@admin.register(StaffSession)
class StaffSessionAdmin(ReadOnlyAdmin):
    """Who is signed in from where; sessions are ended on the accounts' page."""

    readers = (Role.SECURITY_ADMINISTRATOR,)
    list_display = ["staff", "began_at", "seen_at", "address", "user_agent"]
    fields = ["staff", "began_at", "seen_at", "address", "user_agent"]
    list_select_related = ["staff"]
    search_fields = ["staff__username", "address"]


@admin.register(SignInFailure)
class SignInFailureAdmin(ReadOnlyAdmin):
    """Wrong attempts at signing in."""

    readers = (Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)
    list_display = ["failed_at", "username", "address", "cleared"]
    list_filter = ["cleared"]
    search_fields = ["username", "address"]
