"""Ends a worker that waits beside a full queue, so that its supervisor starts a new one.

Consumers that stay silent after their broker came back are an old report against Celery.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import redis
from celery import current_app
from celery.signals import worker_ready
from celery.worker import state
from redis.exceptions import RedisError

LOOK_SECONDS = 20.0
#: Looks in a row that must find the worker idle beside waiting messages.
PATIENCE = 6

_logger = logging.getLogger("bureau.jobs")


class ConsumerWatch:
    """Counts the looks in a row at which messages waited and the worker did nothing at all."""

    def __init__(self, waiting: Callable[[], int], activity: Callable[[], tuple[int, int]]) -> None:
        """`waiting` counts messages in the worker's queues; `activity` gives (begun, under way)."""
        self._waiting = waiting
        self._activity = activity
        self._begun = -1
        self._idle_looks = 0

    def finds_stuck(self) -> bool:
        """Whether the worker has been idle beside waiting messages for too long; call regularly."""
        begun, under_way = self._activity()
        idle = begun == self._begun and not under_way
        self._begun = begun
        try:
            self._idle_looks = self._idle_looks + 1 if idle and self._waiting() else 0
        except RedisError:
            # Without a broker there is nothing to take; it is not the worker's fault.
            self._idle_looks = 0
        return self._idle_looks >= PATIENCE


def _messages_waiting() -> int:
    url = current_app.conf.broker_url
    with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
        return sum(int(client.llen(name)) for name in current_app.amqp.queues.consume_from)


def _activity_of_worker() -> tuple[int, int]:
    under_way = len(state.active_requests) + len(state.reserved_requests)
    return sum(state.total_count.values()), under_way


def _look_regularly() -> None:
    watch = ConsumerWatch(_messages_waiting, _activity_of_worker)
    while True:
        threading.Event().wait(LOOK_SECONDS)
        if watch.finds_stuck():
            _logger.critical("the worker takes no messages though some wait; it ends itself")
            os.kill(os.getpid(), signal.SIGKILL)


@worker_ready.connect  # type: ignore[untyped-decorator]
def start(**_sender: Any) -> None:
    """The watch runs beside the consumer, in the worker's main process."""
    threading.Thread(target=_look_regularly, name="consumer watch", daemon=True).start()
