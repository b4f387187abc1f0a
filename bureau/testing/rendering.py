"""For tests: pages are drawn from what the view passed, without asking the database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from django.db import connection
from django.template import Template


class QueryWhileRendering(AssertionError):
    """A template asked the database; the view has to pass a list."""


@contextmanager
def no_queries_while_rendering() -> Iterator[None]:
    """Inside, a query made by a template raises QueryWhileRendering.

    What context processors ask for is allowed: they run before the template is drawn.
    """
    drawn = Template._render  # type: ignore[attr-defined]

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        raise QueryWhileRendering(sql[:300])

    def watched(self: Template, context: Any) -> Any:
        with ExitStack() as stack:
            stack.enter_context(connection.execute_wrapper(refuse))
            return drawn(self, context)

    with mock.patch.object(Template, "_render", watched):
        yield
