"""Every constraint has its sentence, every invariant can be checked, states move once."""

import json

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models

from bureau.core import integrity, states
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import CodeTable, Job

pytestmark = pytest.mark.django_db


CORE_MODELS = [
    model
    for model in apps.get_app_config("core").get_models()
    if not hasattr(model, "pgh_tracked_model")
]


@pytest.mark.parametrize("model", CORE_MODELS, ids=lambda model: model._meta.label)
def test_every_constraint_of_core_has_a_sentence(model):
    names = [constraint.name for constraint in model._meta.constraints]
    assert [name for name in names if integrity.message_for(name) is None] == []


def test_a_unique_column_of_core_has_a_sentence():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
            " WHERE contype = 'u' AND relname LIKE 'core\\_%' AND relname NOT LIKE '%\\_groups'"
            " AND relname NOT LIKE '%\\_permissions'"
        )
        silent = [name for (name,) in cursor if integrity.message_for(name) is None]
    assert silent == []


def test_a_refusal_of_the_database_becomes_a_sentence():
    CodeTable.objects.create(code="a", name="a")
    with pytest.raises(DomainError) as refused, integrity.refusals():
        CodeTable.objects.create(code="a", name="b")
    assert refused.value.code == "core_codetable_code_key"


def test_what_is_described_holds_no_values_of_rows():
    CodeTable.objects.create(code="210211198001010010", name="a")
    with pytest.raises(IntegrityError) as refused:
        CodeTable.objects.create(code="210211198001010010", name="b")
    assert "210211198001010010" in str(refused.value)
    assert "210211198001010010" not in integrity.describe(refused.value)


def test_an_orderly_house_passes(capsys):
    call_command("check_invariants", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["broken"] == []
    assert {"job_in_one_legal_state", "maker_is_never_checker"} <= set(answer["checked"])


def test_a_broken_invariant_is_named_and_ends_with_one(capsys):
    now = models.functions.Now()
    Job.objects.create(
        kind="k", key="k", state="RUNNING", due_at=now, requested_at=now, requested_by_text="t"
    )
    with pytest.raises(SystemExit) as ended:
        call_command("check_invariants")
    assert ended.value.code == 1
    assert "job_in_one_legal_state: 1." in capsys.readouterr().out


def test_a_row_moves_on_once():
    job = Job.objects.create(
        kind="k",
        key="k",
        due_at=models.functions.Now(),
        requested_at=models.functions.Now(),
        requested_by_text="t",
    )
    stale = Job.objects.get(pk=job.pk)
    states.move_on(job, to="QUEUED", label="first")
    states.move_on(job, seen="QUEUED", to="RUNNING", label="second")
    with pytest.raises(MovedOn):
        states.move_on(stale, to="RUNNING", label="third")
    job.refresh_from_db()
    assert (job.state, job.label) == ("RUNNING", "second")
