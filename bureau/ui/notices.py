"""Where a notification leads: only to what its reader may see at the moment it is shown.

An app says for the kinds of its own how they are found (`register`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from bureau.core.actors import Actor
from bureau.core.choices import NotificationKind
from bureau.core.models import Notification

#: Of things by number, those the actor may see now, each with its address.
Finder = Callable[[Actor, Iterable[int]], Mapping[int, str]]

_finders: dict[str, Finder] = {}


def register(kind: NotificationKind, finder: Finder) -> None:
    """Notifications of the kind lead to what the finder finds; call it when the app is ready."""
    _finders[kind.value] = finder


def urls_of(actor: Actor, rows: Iterable[Notification]) -> dict[int, str]:
    """For each notification the address of what it is about; none for what is not to be seen."""
    by_finder: dict[Finder, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if finder := _finders.get(row.kind):
            by_finder[finder][row.target_id].append(row.pk)
    return {
        number: url
        for finder, targets in by_finder.items()
        for target, url in finder(actor, list(targets)).items()
        for number in targets[target]
    }
