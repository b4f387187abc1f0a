"""An act that happens whole or not at all, and begins anew when PostgreSQL asks for that."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from bureau.core import integrity

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

#: So often an act is begun before its reader is asked to try again.
ATTEMPTS = 3


def whole(act: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Decorator: the act is one transaction, begun anew when it was the victim of a deadlock.

    Inside another transaction it is part of that one, which alone can begin anew. The act must do
    nothing outside the database but by `transaction.on_commit`.
    """

    @functools.wraps(act)
    def as_one(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        attempt = 1
        while True:
            try:
                with transaction.atomic():
                    return act(*args, **kwargs)
            except OperationalError as error:
                if (
                    attempt == ATTEMPTS
                    or connection.in_atomic_block
                    or not integrity.asks_to_begin_anew(error)
                ):
                    raise
            # The other one goes on meanwhile; equal pauses would meet again.
            time.sleep(random.uniform(0.01, 0.1) * attempt)  # noqa: S311 (no secret)
            attempt += 1

    return as_one
