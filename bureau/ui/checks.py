"""What `manage.py check` says of the page frame."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from bureau.ui import navigation


@register
def menu_leads_somewhere(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[CheckMessage]:
    """Every line of the menu has a route, and the route stands in the access matrix."""
    return [
        Error(
            f"the menu names {route}, which is no route or is not in the access matrix",
            hint="Correct navigation.register(...), the route's name, or bureau/access.toml.",
            id="ui.E001",
        )
        for route in navigation.faults()
    ]
