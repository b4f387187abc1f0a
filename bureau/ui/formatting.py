"""How figures, dates and personal data are written for people; the same on page, print and file."""

import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import TextChoices
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext, ngettext

from bureau.core.money import LowerBound

#: Shown where a value is absent, so that an empty cell is never mistaken for a fault.
ABSENT = "–"


#: Stands before an amount of which only a lower bound is known, wherever figures stand in columns.
AT_LEAST = "≥ "


def is_english() -> bool:
    return (get_language() or "").startswith("en")


def money(amount: Decimal | None) -> str:
    """`1,234,567.89`; the unit stands in the column head."""
    if amount is None:
        return ABSENT
    return f"{_bound_of(amount)}{amount:,.2f}"


def _bound_of(amount: Decimal) -> str:
    return AT_LEAST if isinstance(amount, LowerBound) else ""


def money_prose(amount: Decimal | None) -> str:
    """`1,234.50元` in Chinese sentences, `CNY 1,234.50` in English ones."""
    if amount is None:
        return ABSENT
    text = f"CNY {amount:,.2f}" if is_english() else f"{amount:,.2f}元"
    if isinstance(amount, LowerBound):
        return gettext("at least %(amount)s") % {"amount": text}
    return text


def money_unit() -> str:
    """The unit for the head of a money column."""
    return "CNY" if is_english() else "元"


def in_money(label: str) -> str:
    """The head of a money column: the words with the unit behind them."""
    return gettext("%(label)s (%(unit)s)") % {"label": label, "unit": money_unit()}


def number(value: int | Decimal | None) -> str:
    """Grouped by three; decimals as given."""
    return ABSENT if value is None else f"{value:,}"


def percent(ratio: float | Decimal | None, digits: int = 1) -> str:
    """`0.1234` is `12.3%`; rounded half up."""
    if ratio is None:
        return ABSENT
    step = Decimal(1).scaleb(-digits)
    return f"{(Decimal(str(ratio)) * 100).quantize(step, ROUND_HALF_UP)}%"


def day(value: datetime.date | datetime.datetime | None) -> str:
    """`2026-11-22`, for tables and files."""
    if value is None:
        return ABSENT
    if isinstance(value, datetime.datetime):
        value = local(value).date()
    return value.isoformat()


def day_prose(value: datetime.date | datetime.datetime | None) -> str:
    """`2026年11月22日` or `22 Nov 2026`, for sentences."""
    if value is None:
        return ABSENT
    if isinstance(value, datetime.datetime):
        value = local(value).date()
    return formats.date_format(value, "DATE_FORMAT")


def instant(value: datetime.datetime | None) -> str:
    """`2026-11-22 09:30` in the bureau's time zone."""
    return ABSENT if value is None else f"{local(value):%Y-%m-%d %H:%M}"


def instant_seconds(value: datetime.datetime | None) -> str:
    """`2026-11-22 09:30:05`, where the order of lines matters."""
    return ABSENT if value is None else f"{local(value):%Y-%m-%d %H:%M:%S}"


def local(value: datetime.datetime) -> datetime.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def duration(seconds: float | None) -> str:
    """A length of time in its two largest units: "3 min 20 s"."""
    if seconds is None:
        return ABSENT
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return gettext("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": left}
    return gettext("%(seconds)d s") % {"seconds": left}


def age(since: datetime.datetime, at: datetime.datetime) -> str:
    """How long ago, in one unit: days from two days on, else hours, else minutes."""
    minutes = max(0, int((at - since).total_seconds() // 60))
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}


def size(octets: int | None) -> str:
    """A file's size in the unit people read: `512 B`, `3.4 kB`, `12.0 MB`."""
    if octets is None:
        return ABSENT
    if octets < 1000:
        return f"{octets} B"
    for power, unit in ((1000, "kB"), (1000**2, "MB")):
        if octets < power * 1000:
            return f"{octets / power:.1f} {unit}"
    return f"{octets / 1000**3:.1f} GB"


def choice_label(choices: type[TextChoices], value: str) -> str:
    """The word people see for a stored code; an unknown code is shown as it is."""
    return str(dict(choices.choices).get(value, value))
