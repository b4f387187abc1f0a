"""Django configuration of the core app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "bureau.core"
    label = "core"
    verbose_name = _("System")

    def ready(self) -> None:
        from bureau.core import jobs

        jobs.autodiscover()
