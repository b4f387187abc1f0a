"""Django configuration of the intake app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "bureau.intake"
    label = "intake"
    verbose_name = _("File intake")

    def ready(self) -> None:
        from bureau.intake import constraints  # noqa: F401 (registers its sentences)
