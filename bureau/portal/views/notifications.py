"""Notifications of the reader: read, marked, and what the reader wants to be told of."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureau.core import approvals, clock, jobs, notifications
from bureau.core.choices import NotificationKind
from bureau.core.errors import DomainError
from bureau.core.models import Area, Notification
from bureau.portal.notices import areas_to_follow
from bureau.ui import formatting, notices, statuses
from bureau.ui.forms import EntryForm
from bureau.ui.statuses import Status, status_of
from bureau.ui.views import ActionView, FormPage, PortalPage

#: Notifications of one page.
SHOWN = 50
PARENTS = ((gettext_lazy("Notifications"), "portal:notifications"),)

statuses.register(
    NotificationKind,
    {
        NotificationKind.JOB_DONE: "good",
        NotificationKind.JOB_FAILED: "bad",
        NotificationKind.APPROVED: "good",
        NotificationKind.RETURNED: "caution",
        NotificationKind.OVERDUE: "bad",
        NotificationKind.ROSTER: "active",
        NotificationKind.DELEGATED: "active",
    },
)


@dataclasses.dataclass(frozen=True)
class Line:
    """One notification in words; `url` is empty where the reader may not see what it is about."""

    number: int
    status: Status
    text: str
    at: Any
    url: str
    is_unread: bool


class Notifications(PortalPage):
    """What the reader was told of, newest first; unread alone, or all."""

    title = gettext_lazy("Notifications")
    template_name = "portal/notifications.html"

    @cached_property
    def shows_all(self) -> bool:
        return self.request.GET.get("view") == "all"

    @property
    def before(self) -> int | None:
        asked = self.request.GET.get("before", "")
        if not asked:
            return None
        if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
            raise Http404
        return int(asked)

    def context(self) -> dict[str, Any]:
        found = Notification.objects.filter(staff=self.actor.staff_id).select_related("area")
        if not self.shows_all:
            found = found.filter(read_at=None)
        if self.before is not None:
            found = found.filter(pk__lt=self.before)
        rows = list(found.order_by("-pk")[: SHOWN + 1])
        shown = rows[:SHOWN]
        urls = notices.urls_of(self.actor, shown)
        returned = _returned_parts(shown)
        return {
            "lines": [_line(row, urls.get(row.pk, ""), returned.get(row.pk, 0)) for row in shown],
            "older": shown[-1].pk if len(rows) > SHOWN else None,
            "shows_all": self.shows_all,
        }


def _returned_parts(rows: Sequence[Notification]) -> dict[int, int]:
    """By notification of an approval, how many parts of the request came back all the same."""
    by_kind: dict[str, list[Notification]] = {}
    for row in rows:
        if row.kind == NotificationKind.APPROVED and approvals.has_parts(row.subject):
            by_kind.setdefault(row.subject, []).append(row)
    found: dict[int, int] = {}
    for kind, told in by_kind.items():
        parts = approvals.returned_parts(kind, [row.target_id for row in told])
        found |= {row.pk: parts.get(row.target_id, 0) for row in told}
    return found


def _line(row: Notification, url: str, returned: int) -> Line:
    status, text = status_of(NotificationKind, row.kind), text_of(row)
    if returned:
        status = Status(_("My request was approved in part"), "caution")
        told = ngettext(
            "%(n)s of it came back to you", "%(n)s of them came back to you", returned
        ) % {"n": formatting.number(returned)}
        text = _("%(what)s; %(told)s") % {"what": text, "told": told}
    return Line(
        number=row.pk,
        status=status,
        text=text,
        at=row.at,
        url=url,
        is_unread=row.read_at is None,
    )


def text_of(row: Notification) -> str:
    """The words of a notification, from its kind and numbers alone."""
    facts = {"number": row.target_id, "area": str(row.area) if row.area else ""}
    kind = NotificationKind(row.kind)
    if kind in (NotificationKind.JOB_DONE, NotificationKind.JOB_FAILED):
        return _("%(what)s (job %(number)s)") % {"what": jobs.label_of(row.subject), **facts}
    if kind == NotificationKind.ROSTER:
        return _("Roster %(number)s · %(area)s") % facts
    if kind == NotificationKind.DELEGATED:
        if row.subject == "ended":
            return _("A delegation ended (%(area)s)") % facts
        return _("Approvals were left to you (%(area)s)") % facts
    return _("%(what)s · %(area)s (request %(number)s)") % {
        "what": approvals.label_of(row.subject),
        **facts,
    }


class NotificationsRead(ActionView):
    """One notification, or all, are marked read."""

    def act(self) -> str:
        wanted = self.request.POST.get("number", "")
        if wanted == "all":
            numbers = None
        elif wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
            numbers = [int(wanted)]
        else:
            raise DomainError("NO_SUCH_ACT", _("Choose what is to be done."))
        done = notifications.mark_read(self.actor.staff_id or 0, numbers, at=clock.now())
        text = ngettext("%(n)d notification is read.", "%(n)d notifications are read.", done)
        return text % {"n": done}

    def next_url(self) -> str:
        view = "?view=all" if self.request.POST.get("view") == "all" else ""
        return reverse("portal:notifications") + view


class SubscriptionsForm(EntryForm):
    """Which kinds, and which areas' rosters."""

    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Tell me of"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[
            (kind.value, kind.label) for kind in NotificationKind if kind != NotificationKind.ROSTER
        ],
    )
    areas = forms.MultipleChoiceField(
        label=gettext_lazy("Tell me when a roster comes in for"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("An area counts with everything under it."),
    )

    def __init__(self, *args: Any, areas: list[Area], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["areas"]
        field.choices = [(str(area.pk), str(area)) for area in areas]


class Subscriptions(FormPage):
    """What the reader is told of from now on."""

    title = gettext_lazy("Subscriptions")
    parents = PARENTS
    form_class = SubscriptionsForm

    @cached_property
    def areas(self) -> list[Area]:
        return areas_to_follow(self.actor)

    def form_options(self) -> dict[str, Any]:
        return {"areas": self.areas}

    def initial(self) -> dict[str, Any]:
        staff = self.actor.staff_id or 0
        wishes = notifications.wishes_of(staff)
        return {
            "kinds": [kind for kind, is_on in wishes.items() if is_on],
            "areas": [str(number) for number in notifications.followed_by(staff)],
        }

    def carry_out(self, form: Any) -> str:
        given = form.cleaned_data
        notifications.wish(
            self.actor.staff_id or 0,
            wanted=given["kinds"],
            followed=[int(number) for number in given["areas"]],
            offered=[area.pk for area in self.areas],
        )
        return reverse("portal:notifications")

    def success_message(self, form: Any) -> str:
        return _("Your subscriptions are kept.")
