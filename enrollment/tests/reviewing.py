"""Short words for what clerks do in the review, for tests."""

from contextlib import contextmanager
from decimal import Decimal

import pytest

from bureau.core import approvals, clock, jobs
from bureau.core.actors import Actor
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.models import Area, Job
from enrollment.choices import Verdict
from enrollment.services import deciding, decision_jobs, packets, review_terms
from enrollment.tests import decisions as made

WAFANGDIAN, ZHUANGHE = "210281", "210283"


@contextmanager
def refusal(code):
    """The act inside is refused by this code."""
    with pytest.raises(DomainError) as refused:
        yield refused
    assert refused.value.code == code


def place(code=WAFANGDIAN):
    return Area.objects.get(code=code)


def areas(*codes):
    return [place(code).pk for code in codes or (WAFANGDIAN, ZHUANGHE)]


def someone(name):
    city = place("210200")
    return made.clerk(name, (Role.CLERK, city), (Role.REVIEWER, city), is_demonstration=True)


def take(name, *codes, as_reviewer=False, reviewer_of=()):
    by = someone(name)
    own = areas(*codes)
    return packets.take(
        areas=own,
        reviewer_areas=areas(*(reviewer_of or codes)) if as_reviewer else (),
        by=by,
        actor=Actor.of(by),
        at=clock.now(),
    )


def take_pair(name, pair, *, as_reviewer=False):
    by = someone(name)
    return packets.take_pair(
        pair, as_reviewer=as_reviewer, by=by, actor=Actor.of(by), at=clock.now()
    )


def say(name, pair, verdict=Verdict.SAME, **options):
    by = someone(name)
    options.setdefault("at", clock.now())
    return deciding.decide(pair.pk, verdict, by=by, actor=Actor.of(by), **options)


def hand_in(name):
    by = someone(name)
    packet = packets.in_hand(by)
    return packets.hand_in(packet.pk, by=by, actor=Actor.of(by), at=clock.now())


def take_back(name, pair, reason="verwechselt"):
    by = someone(name)
    return deciding.take_back(pair.pk, reason=reason, by=by, actor=Actor.of(by), at=clock.now())


def approve(name, request):
    return approvals.decide(request.pk, approve=True, by=someone(name), at=clock.now())


def work():
    """The job that waits is done."""
    for job in Job.objects.filter(kind=decision_jobs.CARRY_OUT, state="QUEUED"):
        jobs.run_until_done(job.pk)
        job.refresh_from_db()
        assert job.state == "DONE", job.last_error


def no_second_looks(share="0", packet_size=3):
    """The lot falls by the number of a decision, so a test that counts draws none or all."""
    review_terms.set_terms(
        packet_size=packet_size,
        lease_minutes=30,
        second_look_share=Decimal(share),
        second_look_seed="1",
        source="test",
        at=clock.now(),
        by=someone("terms"),
    )
