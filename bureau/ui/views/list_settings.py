"""How a list is shown to its reader: columns in their order, height and number of rows, presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock, lists
from bureau.core.errors import DomainError
from bureau.core.models import ListSetting
from bureau.ui import paging
from bureau.ui.tables import Column
from bureau.ui.views.list_query import QueryOfList

DENSITIES = {
    "compact": gettext_lazy("Compact"),
    "normal": gettext_lazy("Normal"),
    "roomy": gettext_lazy("Roomy"),
}


@dataclasses.dataclass(frozen=True)
class ColumnChoice:
    """One column as the reader chooses it."""

    key: str
    label: Any
    is_shown: bool
    place: int


class SettingsOfList(QueryOfList):
    """The part of a list page that knows how the reader wants it shown."""

    columns: ClassVar[Sequence[Column]] = ()

    @property
    def setting(self) -> lists.Setting:
        """What the reader chose for this list, on whatever machine."""
        return self.at_list.setting

    def shown_columns(self) -> list[Column]:
        first, *others = self.columns
        chosen = self.setting.columns
        if chosen is None:
            return [first, *(column for column in others if column.shown)]
        by_key = {column.key: column for column in others}
        return [first, *(by_key[key] for key in chosen if key in by_key)]

    @property
    def size(self) -> int:
        size = self.setting.size
        return size if size in paging.PAGE_SIZES else paging.DEFAULT_SIZE

    @property
    def density(self) -> str:
        density = self.setting.density
        return density if density in DENSITIES else "normal"

    def _sent_setting(self) -> lists.Setting:
        """The setting as it was sent: columns by the place given to them, then as they stand."""
        sent = self.request.POST
        first, *others = [column.key for column in self.columns]
        chosen = [key for key in dict.fromkeys(sent.getlist("columns")) if key in others]
        places = {key: _whole(sent.get(f"place-{key}", ""), default=99) for key in chosen}
        before = {column.key: column.place for column in self.choosable()}
        # Of two columns in one place, the one that was moved there comes first.
        chosen.sort(key=lambda key: (places[key], places[key] == before[key]))
        density, size = sent.get("density", ""), _whole(sent.get("size", ""), default=0)
        return lists.Setting(
            columns=(first, *chosen),
            density=density if density in DENSITIES else "",
            size=size if size in paging.PAGE_SIZES else 0,
        )

    def take_settings(self) -> HttpResponse:
        """The choice holds for this member of staff from now on; a preset for the whole team."""
        sent = self.request.POST
        try:
            if "_default" in sent:
                lists.keep_setting(self.actor, self.list_id, None)
            elif "_preset" in sent:
                self._keep_preset()
            elif use := sent.get("_use"):
                preset = lists.preset_for(self.actor, self.list_id, _whole(use, default=0))
                lists.keep_setting(self.actor, self.list_id, lists.as_setting(preset))
            elif gone := sent.get("_remove"):
                number = _whole(gone, default=0)
                lists.remove_preset(self.actor, self.list_id, number, at=clock.now())
                messages.success(self.request, _("The preset is removed."))
            else:
                lists.keep_setting(self.actor, self.list_id, self._sent_setting())
        except DomainError as refusal:
            messages.error(self.request, str(refusal))
        return redirect(self.request.get_full_path())

    def _keep_preset(self) -> None:
        sent = self.request.POST
        setting = self._sent_setting()
        lists.keep_setting(self.actor, self.list_id, setting)
        preset = lists.keep_preset(
            self.list_id,
            sent.get("preset_name", ""),
            sent.get("preset_area", ""),
            setting,
            by=self.actor,
            at=clock.now(),
        )
        text = _("The team now has the preset “%(name)s”.") % {"name": preset.name}
        messages.success(self.request, text)

    def choosable(self) -> list[ColumnChoice]:
        """The columns but the first: shown ones in their order, then the others."""
        shown = [column.key for column in self.shown_columns()][1:]
        hidden = [column.key for column in self.columns[1:] if column.key not in shown]
        labels = {column.key: column.label for column in self.columns}
        return [
            ColumnChoice(key, labels[key], key in shown, place)
            for place, key in enumerate([*shown, *hidden], start=1)
        ]

    def settings_context(self) -> dict[str, Any]:
        """The choices for the tools above the list."""
        return {
            "choosable": self.choosable(),
            "densities": DENSITIES.items(),
            "sizes": paging.PAGE_SIZES,
            "size": self.size,
            "teams": [(area.code, str(area)) for area in self.teams],
            "presets": [(preset, self._may_remove(preset)) for preset in self.at_list.presets],
        }

    def _may_remove(self, preset: ListSetting) -> bool:
        return preset.made_by_id == self.actor.staff_id


def _whole(text: str, *, default: int) -> int:
    """The whole number that was sent, at most four digits; else the default."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else default
