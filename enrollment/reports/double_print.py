"""The job that prints notices: the PDF stands ready for its asker, and the notices are printed."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from bureau.core import access, audit, clock, files
from bureau.core.actors import Scope, actor_of
from bureau.core.errors import DomainError
from bureau.core.jobs import JobContext
from bureau.core.models import Staff
from bureau.ui import formatting
from bureau.ui.exports import KEPT, PURPOSE, shown_by
from enrollment.reports.double_letters import LETTERS, notices_as_pdf
from enrollment.selectors import double_enrollment as selectors
from enrollment.services import double_notices

ROUTE = "enrollment:double-notices"
ACT = "enrollment:double-notices-print"
_NAMES = {
    "letters": gettext_noop("Notices of ended coverage"),
    "towns": gettext_noop("Delivery list by town"),
}


def make(context: JobContext) -> None:
    """The print of the notices asked for stands ready; letters count as printed from then on.

    Raises DomainError when the asker may no longer print, or none of them is left to print.
    """
    staff = Staff.objects.get(pk=context.arguments["staff"])
    kind, scope, at = context.arguments["kind"], _scope_of(staff), clock.now()
    numbers = [int(number) for number in context.arguments["notices"].split(",")]
    notices = list(selectors.notices_to_print(scope, numbers))
    if not notices:
        raise DomainError("NO_NOTICE", _("None of these notices stands any more."))
    context.phase(gettext_noop("Printing the notices"), len(notices))
    printed = notices_as_pdf(kind, notices, by=staff.full_name, on=clock.today())
    context.heartbeat()
    with override(context.arguments["language"]), context.step():
        # Who took the names of these people is on record before anybody can fetch the file.
        audit.log_access(
            "enrollment.person",
            "export",
            by=staff,
            at=at,
            fields=["name", "coverage"],
            row_count=len(notices),
            reason=f"double notices: {kind}",
            area=notices[0].area if len({one.area_id for one in notices}) == 1 else None,
        )
        stored = files.store(
            iter([printed]),
            purpose=PURPOSE,
            original_name=f"{_(_NAMES[kind])}-{formatting.local(clock.now()):%Y%m%d-%H%M}.pdf",
            by=staff,
            at=at,
            owner=staff,
            purge_after=at + KEPT,
        )
        if kind == LETTERS:
            double_notices.note_printed([one.pk for one in notices], by=staff, at=at)
        context.result = {
            "file": stored.pk, "notices": len(notices), **shown_by(ROUTE, scope.paths),
        }  # fmt: skip


def _scope_of(staff: Staff) -> Scope:
    """Where the asker may print now."""
    actor: Any = actor_of(staff, on=clock.today())
    entry = access.matrix().entry_for(ACT)
    if entry is None or not entry.allows(actor, "POST"):
        raise DomainError("NOTICES_NOT_ALLOWED", _("You may no longer print these notices."))
    return entry.scope_for(actor, "POST")
