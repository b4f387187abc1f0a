"""What the pages of every app have in common when an act comes too late."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bureau.core.errors import MovedOn
from bureau.ui.views.conflicts import conflict_page


class Conflicts:
    """Whoever comes second, on whichever page, is told who was faster."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page of the conflict; every other error goes its way."""
        if isinstance(exception, MovedOn):
            return conflict_page(request, exception, request.path)
        return None
