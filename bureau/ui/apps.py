"""Django configuration of the ui app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UiConfig(AppConfig):
    name = "bureau.ui"
    label = "ui"
    verbose_name = _("Page frame")

    def ready(self) -> None:
        from bureau.core import exports as core
        from bureau.ui import (
            checks,  # noqa: F401 - registers the checks
            exports,
        )

        core.name_lists(exports.name_of_list)
