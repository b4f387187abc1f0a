"""Django configuration of the core app."""

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    default = True
    name = "bureau.core"
    label = "core"
    verbose_name = _("System")

    def ready(self) -> None:
        # `acts` and `constraints` say what acts and refusals mean; `sign_in` hears of sign-ins.
        from bureau.core import (  # noqa: F401
            acts,
            approvals,
            constraints,
            deadlines,
            exports,
            jobs,
            notifications,
            parameters,
            powers,
            rights,
            sign_in,
        )

        approvals.watch(
            kinds=lambda kind: deadlines.register(kind.name, kind.label),
            decisions=lambda request, at: notifications.decided(request, at=at),
            deadline=deadlines.due_at,
        )
        exports.register_kinds()
        parameters.register_kind()
        powers.register_kind()
        jobs.autodiscover()
        post_migrate.connect(rights.after_migrations, sender=self)


class MaintenanceConfig(django_admin.AdminConfig):
    """Django's admin with the bureau's own site in place of the usual one."""

    default = False  # This module's own app is the core.
    default_site = "bureau.core.maintenance.MaintenanceSite"
