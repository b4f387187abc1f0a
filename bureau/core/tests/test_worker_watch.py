"""The watch over the consumer ends only a worker that idles beside waiting messages."""

import pytest
from redis.exceptions import ConnectionError as BrokerAway

from bureau.core.worker_watch import PATIENCE, ConsumerWatch


def looks(waiting, activity, times=PATIENCE + 2):
    watch = ConsumerWatch(waiting, activity)
    return [watch.finds_stuck() for _look in range(times)]


def test_an_idle_worker_beside_waiting_messages_is_stuck():
    assert looks(lambda: 3, lambda: (7, 0)) == [False] * PATIENCE + [True, True]


@pytest.mark.parametrize(
    ("waiting", "activity"),
    [(lambda: 0, lambda: (7, 0)), (lambda: 3, lambda: (7, 1))],
    ids=["nothing waits", "all hands are busy"],
)
def test_other_workers_are_left_alone(waiting, activity):
    assert not any(looks(waiting, activity))


def test_a_worker_that_takes_messages_is_left_alone():
    begun = iter(range(100))
    assert not any(looks(lambda: 3, lambda: (next(begun), 0)))


def test_without_a_broker_nobody_is_stuck():
    def away():
        raise BrokerAway

    assert not any(looks(away, lambda: (7, 0)))
