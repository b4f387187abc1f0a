"""Filters and tags of every page: figures, dates, masking, icons; the words are in `formatting`."""

import datetime
from decimal import Decimal
from typing import Any

from django import forms, template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bureau.core import jobs
from bureau.core.choices import ApprovalState, JobState, LogLevel
from bureau.core.models import Job
from bureau.ui import formatting, masking, statuses
from bureau.ui import terms as known_terms
from bureau.ui.icons import PATHS

register = template.Library()

register.filter("money", formatting.money)
register.filter("money_prose", formatting.money_prose)
register.filter("number", formatting.number)
register.filter("percent", formatting.percent)
register.filter("day", formatting.day)
register.filter("day_prose", formatting.day_prose)
register.filter("instant", formatting.instant)
register.filter("instant_seconds", formatting.instant_seconds)
register.filter("duration", formatting.duration)
register.filter("size", formatting.size)
register.filter("masked_name", masking.masked_name)
register.filter("masked_number", masking.masked_number)
register.filter("masked_text", masking.masked_text)

#: Levels of django.contrib.messages in the tones of an alert.
MESSAGE_TONES = {"success": "good", "warning": "caution", "error": "bad"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A line drawing that repeats what the text beside it says, hidden from screen readers."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', PATHS[name]
    )


@register.inclusion_tag("components/terms.html")
def terms(*keys: str) -> dict[str, Any]:
    """Words explained where they stand; a word that nobody registered is an error of the page."""
    return {"terms": [known_terms.get(key) for key in keys]}


@register.filter
def in_money(label: str) -> str:
    """The head of a money column: the words with 元 or CNY behind them."""
    return formatting.in_money(label)


@register.filter
def capped(count: int | None, limit: int) -> str:
    """`99+` where the exact figure does not matter."""
    return f"{limit}+" if count and count > limit else str(count or 0)


@register.filter
def rate(per_second: float | Decimal | None) -> str:
    """Rows per second: whole figures from ten on, one decimal below."""
    if per_second is None:
        return formatting.ABSENT
    return f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:,.1f}"


@register.filter
def age(since: datetime.datetime, at: datetime.datetime) -> str:
    """How long before `at` the instant lies."""
    return formatting.age(since, at)


@register.filter
def tone_of_message(level: str | None) -> str:
    return MESSAGE_TONES.get(level or "", "plain")


@register.filter
def icon_of_message(level: str | None) -> str:
    return statuses.ICONS[tone_of_message(level)]


@register.filter
def icon_of_tone(tone: str | None) -> str:
    return statuses.ICONS.get(tone or "plain", "note")


@register.filter
def job_status(state: str) -> statuses.Status:
    return statuses.status_of(JobState, state)


@register.filter
def job_name(job: Job) -> str:
    """The words for the job's kind, and what it is about."""
    return " · ".join(filter(None, [jobs.label_of(job.kind), jobs.title_of(job)]))


@register.filter
def time_used(job: Job) -> str:
    """From the first run to the end of a finished job."""
    if job.finished_at is None or job.started_at is None:
        return formatting.ABSENT
    return formatting.duration((job.finished_at - job.started_at).total_seconds())


@register.filter
def approval_status(state: str) -> statuses.Status:
    return statuses.status_of(ApprovalState, state)


@register.filter
def log_status(level: str) -> statuses.Status:
    return statuses.status_of(LogLevel, level)


@register.filter
def is_checkbox(field: forms.BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def echo(field: forms.BoundField) -> str:
    """How a typed amount or date was read; empty for other fields and unread input."""
    read: Any = getattr(field.field, "echo", None)
    if read is None or not field.form.is_bound or field.errors:
        return ""
    return str(read(field.form.cleaned_data.get(field.name)))
