"""Health, reports of browsers about blocked content, and the answer to errors nobody foresaw."""

import json
import logging
import sys
import time

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from bureau.core import health, middleware

log = logging.getLogger("bureau.csp")

#: A report is some hundred bytes; longer ones are not read.
REPORT_BYTES = 8192
REPORTS_PER_MINUTE = 30


def live(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("live\n", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """Whether work can be done: database there and migrated, room on the disk. 503 if not."""
    checks = health.readiness()
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


class _Meter:
    """Lets through a limited number in each minute, per process."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._minute, self._count = 0, 0

    def lets_through(self) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        return self._count <= self.per_minute


_reports = _Meter(REPORTS_PER_MINUTE)


@csrf_exempt  # Browsers send these reports by themselves, without a form.
def csp_report(request: HttpRequest) -> HttpResponse:
    """What the browser refused to load or run is in the log; never more than the meter allows."""
    if int(request.headers.get("Content-Length") or 0) > REPORT_BYTES:
        return HttpResponse(status=413)
    if not _reports.lets_through():
        return HttpResponse(status=429)
    try:
        report = json.loads(request.body)["csp-report"]
        facts = {
            name: str(report.get(name, ""))[:200]
            for name in ("document-uri", "violated-directive", "blocked-uri", "source-file")
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return HttpResponse(status=400)
    # Addresses lose their query: it may hold what people searched for.
    log.warning("blocked content %s", {k: v.split("?")[0] for k, v in facts.items()})
    return HttpResponse(status=204)


def server_error(request: HttpRequest) -> HttpResponse:
    """The last answer: the database is away, or something failed that nobody foresaw."""
    if answer := middleware.answer_for_database(request, sys.exc_info()[1]):
        return answer
    number = getattr(request, "request_id", "")
    return render(None, "500.html", {"request_id": number}, status=500)
