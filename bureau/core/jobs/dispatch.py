"""Sending the message that names a job. It never fails and never blocks for long: a broker that is
away is left alone for some seconds, and the sweeper sends what was not sent.

Messages do not expire, because the worker's own clock would judge that; a late one does nothing."""

import logging
import threading
import time
from functools import partial

from celery import current_app
from django.db import transaction
from kombu import pools
from kombu.connection import Connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from bureau.core.models import Job

RUN_JOB = "bureau.core.tasks.run_job"
#: Time for which a broker that did not answer is not asked again by this process.
REST_SECONDS = 5.0

_logger = logging.getLogger("bureau.jobs")
_lock = threading.Lock()
_resting_until = 0.0


def send_on_commit(job: Job) -> None:
    """The job's message goes out when the present transaction commits."""
    transaction.on_commit(partial(send, job.pk, job.queue), robust=True)


def send(job_id: int, queue: str) -> bool:
    """Whether the broker took the message; if not, the row says so and the sweeper will try."""
    taken = _publish(job_id, queue)
    if not taken:
        Job.objects.filter(pk=job_id).update(sent_at=None)
    return taken


def _publish(job_id: int, queue: str) -> bool:
    global _resting_until
    if time.monotonic() < _resting_until:
        return False
    try:
        with pools.producers[_connection()].acquire(block=True, timeout=1) as producer:
            current_app.send_task(
                RUN_JOB,
                kwargs={"job_id": job_id},
                queue=queue,
                producer=producer,
                retry=False,
                ignore_result=True,
            )
    except (KombuError, RedisError, OSError) as error:
        with _lock:
            _resting_until = time.monotonic() + REST_SECONDS
        _logger.warning("broker away, job %s waits for the sweeper: %s", job_id, type(error))
        return False
    return True


def _connection() -> Connection:
    """The broker with short limits: a page may not wait for it."""
    limits = {
        **current_app.conf.broker_transport_options,
        "socket_connect_timeout": 0.3,
        "socket_timeout": 0.5,
        "max_retries": 0,
        "connect_retries_timeout": 0.3,
    }
    connection: Connection = current_app.connection_for_write().clone(transport_options=limits)
    return connection
