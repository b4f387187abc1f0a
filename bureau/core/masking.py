"""Personal data as lists show them, and the one way to see them in full.

Masked values tell two persons apart and are of no use to anybody else. Seeing the full value needs
a right, a reason and a row in the access log, which is written first.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from bureau.core import audit, clock, lists, lockout
from bureau.core.actors import StaffRequest
from bureau.core.errors import DomainError
from bureau.core.models import AccessLog, Area

SIGN = "*"

#: A reason shorter than this says nothing an auditor could use.
SHORTEST_REASON = 4

#: Numbers as people write them, in groups too: telephones, identity numbers, accounts.
_LONG = re.compile(r"[0-9０-９](?:[ \u3000\-–—]{0,2}[0-9０-９Xx]){10,}")
#: Numbers where none belongs: a telephone without an area code as well.
_NUMBER = re.compile(r"[0-9０-９](?:[ \u3000\-–—]{0,2}[0-9０-９Xx]){8,}|[0-9０-９]{7,}")
_BETWEEN = re.compile(r"[ \u3000\-–—]")
_PLACE = re.compile(r"^.*(?:省|自治区|市|区|县|旗|镇|乡|街道|village|Town|County|District)")


def name(full: str | None) -> str:
    """`王小明` becomes `王*明`, `王明` becomes `王*`; one character is hidden whole."""
    text = (full or "").strip()
    if len(text) <= 1:
        return SIGN * len(text)
    if len(text) == 2:
        return text[0] + SIGN
    return text[0] + SIGN * (len(text) - 2) + text[-1]


def _middle(text: str, head: int, tail: int) -> str:
    """Head and tail stay; a text too short to hide at least half of it is hidden whole."""
    if len(text) < 2 * (head + tail):
        return SIGN * len(text)
    return text[:head] + SIGN * (len(text) - head - tail) + text[len(text) - tail :]


def id_number(full: str | None) -> str:
    """`210281199001011234` becomes `2102**********1234`: neither birth date nor county remains.

    Shorter numbers (of 15 digits, of a telephone, of another document) keep two and three signs.
    """
    text = (full or "").strip()
    return _middle(text, 4, 4) if len(text) >= 16 else _middle(text, 2, 3)


def phone(full: str | None) -> str:
    """`13812345678` becomes `138****5678`; shorter numbers keep their last three digits."""
    text = (full or "").strip()
    if len(text) >= 11:
        return text[:3] + SIGN * (len(text) - 7) + text[-4:]
    return _middle(text, 0, 3)


def bank_account(full: str | None) -> str:
    """Only the last four digits stay."""
    return _middle((full or "").strip(), 0, 4)


def address(full: str | None) -> str:
    """The places down to town or street stay; village, house and room are hidden, and so is a
    number that stands before them."""
    text = (full or "").strip()
    found = _PLACE.match(text)
    kept = found.group(0) if found else ""
    return _NUMBER.sub(_hidden, kept) + SIGN * min(len(text) - len(kept), 6)


def _hidden(found: re.Match[str]) -> str:
    return id_number(_BETWEEN.sub("", found.group()))


def numbers_in(text: str | None, *, free: bool = False) -> str:
    """The text with every number hidden that is as long as one of a person, however it is grouped;
    `free` where anything may stand: shorter telephones as well."""
    return (_NUMBER if free else _LONG).sub(_hidden, text or "")


#: How each kind of personal data is masked; filters and tables name the kind.
KINDS = {
    "name": name,
    "id_number": id_number,
    "phone": phone,
    "bank_account": bank_account,
    "address": address,
}


def reveal(
    request: StaffRequest,
    subject: models.Model,
    values: Mapping[str, Any],
    *,
    area: Area,
    reason: str,
    fields: Sequence[str] = (),
) -> dict[str, Any]:
    """The full values of `fields` (all of `values` if none are named), after the look is on record.

    Raises Http404 when the subject lies outside the areas in which the route's roles are held, and
    DomainError without a reason. When the access log cannot be written, the database's error comes
    through and nothing is shown. The route's entry in the matrix says which roles may reveal.
    """
    if not request.scope.covers(area.path):
        raise Http404
    if len(reason.strip()) < SHORTEST_REASON:
        raise DomainError("reveal_needs_a_reason", _("Say for what you need the full values."))
    if lists.names_a_person(reason):
        raise DomainError(
            "reason_names_a_person",
            _("Leave identity and telephone numbers out of the purpose: it stays in the log."),
        )
    shown = list(fields) or list(values)
    unknown = set(shown) - set(values)
    if unknown:
        raise LookupError(f"cannot reveal {sorted(unknown)}")
    with transaction.atomic():
        written: AccessLog = audit.log_access(
            subject,
            "reveal",
            by=request.actor,
            at=clock.now(),
            fields=shown,
            reason=reason.strip(),
            area=area,
            address=lockout.address_of(request),
        )
    if not written.pk:
        raise RuntimeError("the access log has no row for this look")
    return {field: values[field] for field in shown}
