"""Telling a request for a fragment from a request for a page."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


def wants_fragment(request: HttpRequest) -> bool:
    """Whether only the swapped part is asked for: htmx, but neither boosted nor from history."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def vary_by_htmx(response: HttpResponse) -> HttpResponse:
    """The response says that it differs between page and fragment."""
    patch_vary_headers(response, ["HX-Request"])
    return response
