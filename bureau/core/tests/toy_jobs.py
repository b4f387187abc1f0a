"""Jobs for tests only: each effect of theirs is an audit event, so that doubled effects show."""

import os
import signal
import time

from bureau.core import audit, clock, jobs
from bureau.core.choices import LogLevel
from bureau.core.errors import DomainError


def _effect(context: jobs.JobContext, number: int) -> None:
    audit.record("toy.effect", by=context.actor, at=clock.now(), target=context.job, number=number)


@jobs.register("toy.count", queue="bulk")
def count(context: jobs.JobContext) -> None:
    """Leaves one effect for each number up to `to`, one step each."""
    total = int(context.arguments["to"])
    context.phase("counting", total=total)
    for number in range(context.checkpoint.get("counted", 0) + 1, total + 1):
        with context.step(counted=number):
            _effect(context, number)
            context.progress(number)
            time.sleep(float(context.arguments.get("pause", 0)))


@jobs.register("toy.pieces", queue="bulk")
def pieces(context: jobs.JobContext) -> jobs.Again | None:
    """Like counting, but one delivery a number."""
    with context.step() as checkpoint:
        checkpoint["counted"] = checkpoint.get("counted", 0) + 1
        _effect(context, checkpoint["counted"])
    return jobs.Again() if context.checkpoint["counted"] < int(context.arguments["to"]) else None


@jobs.register("toy.fail", queue="bulk")
def fail(context: jobs.JobContext) -> None:
    """Raises an error after `good` steps, every time."""
    for number in range(context.checkpoint.get("counted", 0) + 1, context.arguments["good"] + 1):
        with context.step(counted=number):
            _effect(context, number)
    context.log("about to fail", LogLevel.WARNING)
    with context.step(counted=99):
        _effect(context, 99)
        raise RuntimeError("the toy is broken")


@jobs.register("toy.refuse", queue="bulk")
def refuse(context: jobs.JobContext) -> None:
    raise DomainError("toy_refused", "No file %(name)s.", name="a.csv")


@jobs.register("toy.die", queue="bulk")
def die(context: jobs.JobContext) -> None:
    """Ends its process at each attempt, as a fault in a C library does."""
    os.kill(os.getpid(), 9)


@jobs.register("toy.segfault", queue="bulk")
def segfault(context: jobs.JobContext) -> None:
    """Reads where no memory is, at each attempt."""
    os.kill(os.getpid(), signal.SIGSEGV)


@jobs.register("toy.eat", queue="bulk")
def eat(context: jobs.JobContext) -> None:
    """Takes more and more memory."""
    eaten = []
    for _bite in range(400):
        eaten.append(bytearray(os.urandom(1024)) * 4096)
        context.signs_of_life += 1
        time.sleep(0.02)


@jobs.register("toy.hang", queue="bulk", stall_seconds=2)
def hang(context: jobs.JobContext) -> None:
    """Gives no sign of life for ever."""
    time.sleep(3600)


@jobs.register("toy.whole", queue="bulk", cancellable=False)
def whole(context: jobs.JobContext) -> None:
    with context.step(done=True):
        _effect(context, 1)
