"""Django configuration of the core app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "bureau.core"
    label = "core"
    verbose_name = _("System")

    def ready(self) -> None:
        # `constraints` says what refusals mean; `sign_in` hears of sign-ins and sign-outs.
        from bureau.core import constraints, jobs, sign_in  # noqa: F401

        jobs.autodiscover()
