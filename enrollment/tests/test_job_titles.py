"""Jobs say what they are about in the language of who reads them, whoever asked for them."""

import pytest
from django.utils import translation

from bureau.core import clock, jobs
from bureau.core.actors import Actor, Scope
from bureau.core.models import Job
from bureau.ui.templatetags.ui import job_name
from enrollment.services import double_jobs, proof_jobs, proofs

pytestmark = pytest.mark.django_db


def ask_for_some() -> None:
    """Jobs of Chinese askers."""
    by = Actor.for_job("test")
    proofs.ask_to_count(Scope.of(["210200/"]), None, by=by, at=clock.now())
    proof_jobs.ask(year=None, language="zh-hans", at=clock.now(), by=by, file_format="pdf")
    double_jobs.ask_to_propose("test", by=by, at=clock.now())
    for kind, arguments in (
        (proofs.COMPARE, {"proof": 7}),
        (double_jobs.APPLY, {"decision_id": 3}),
        (double_jobs.NOTICES, {"notices": "1,2,3"}),
        ("enrollment.train_linkage_model", {"origin": "BY_HAND"}),
    ):
        jobs.enqueue(kind, "x", arguments=arguments, label="中文", by=by, at=clock.now())


def test_no_title_stays_in_the_askers_language() -> None:
    with translation.override("zh-hans"):
        ask_for_some()
    found = list(Job.objects.all())
    assert len(found) >= 6
    with translation.override("en"):
        said = [job_name(job) for job in found]
    assert [text for text in said if any("一" <= sign <= "鿿" for sign in text)] == []
    with translation.override("zh-hans"):
        assert all(any("一" <= sign <= "鿿" for sign in job_name(job)) for job in found)
