"""A signed proof may be set aside by two, is signed by none who worked on its rosters, and sums of
subsidies say whether they are lower bounds."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from bureau.core import standing

_STATES = (("PREPARED", "SIGNED"), ("PREPARED", "RETURNED"), ("PREPARED", "WITHDRAWN"))
_PROOF = "enrollment_signedproof"


def _stands(later: str, after_signing: str, end: str) -> str:
    """What was counted and who prepared it never change; of a signed proof these columns do, and of
    one in the state `end` nothing but comparisons."""
    ended = (
        f"""
       OR OLD.state = '{end}'
          AND to_jsonb(NEW) - 'compared' IS DISTINCT FROM to_jsonb(OLD) - 'compared'"""
        if end
        else ""
    )
    return f"""
CREATE OR REPLACE FUNCTION enrollment_proof_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR to_jsonb(NEW) - '{{{later}}}'::text[] IS DISTINCT FROM
          to_jsonb(OLD) - '{{{later}}}'::text[]
       OR OLD.state = 'SIGNED'
          AND to_jsonb(NEW) - '{{{after_signing}}}'::text[] IS DISTINCT FROM
              to_jsonb(OLD) - '{{{after_signing}}}'::text[]{ended}
    THEN
        RAISE EXCEPTION 'proof % stands', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'proof_stands_as_signed';
    END IF;
    RETURN NEW;
END $$;
"""


_ASIDE = (
    "aside_reason,aside_asked_by_id,aside_asked_by_no,aside_by_id,aside_by_no,aside_at"
)
_SIGNING = "state,signed_by_id,signed_by_no,signed_at,compared"
PROOFS = (
    _stands(f"{_SIGNING},{_ASIDE}", f"state,compared,{_ASIDE}", "SET_ASIDE")
    + standing.drop(_PROOF, "goes_forward")
    + standing.forward(
        _PROOF,
        "proof_stands_as_signed",
        (*_STATES, ("SIGNED", "SET_ASIDE")),
        portal_only=True,
    )
    + standing.trigger(
        _PROOF,
        "set_aside_by_request",
        "UPDATE",
        f"OLD.state = 'SIGNED' AND NEW.state = 'SET_ASIDE' AND {standing.BY_PORTAL}",
        "core_expect_request('proof_set_aside_by_two', 'enrollment.proof_aside', 'aside_by_no',"
        " 'aside_at')",
    )
    + standing.names(_PROOF, "named_by_own_number", "aside_asked_by_id", "aside_asked_by_no")
    + standing.names(_PROOF, "named_by_own_number", "aside_by_id", "aside_by_no")
)
FORGET_PROOFS = (
    standing.drop(
        _PROOF,
        "names_aside_by_id", "names_aside_asked_by_id", "set_aside_by_request", "goes_forward",
    )
    + standing.forward(_PROOF, "proof_stands_as_signed", _STATES, portal_only=True)
    + _stands(_SIGNING, "compared", "")
)  # fmt: skip

# Decisions made before: as many as their coverages tell now.
COUNT_BOUNDS = """
UPDATE enrollment_doubledecision decision SET subsidies_at_least = found.sides
FROM (
    SELECT made.id, count(*) AS sides
    FROM enrollment_doubledecision made
    CROSS JOIN unnest(made.case_numbers) AS number
    JOIN enrollment_doubleside side ON side.case_id = number
    WHERE made.recover_amount > 0 AND side.standing IN ('ENDS', 'PAUSES')
      AND side.subsidy_is_minimum AND side.recover_amount > 0
    GROUP BY made.id
) found
WHERE found.id = decision.id;
"""
_SUMS = (
    "cases", "case_numbers", "ends", "contribution_amount", "refund_amount", "recover_amount",
    "contributions_unknown", "subsidies_unknown",
)  # fmt: skip


def _sums_stand(columns: tuple[str, ...]) -> str:
    old, new = (", ".join(f"{row}.{name}" for name in columns) for row in ("OLD", "NEW"))
    return standing.drop("enrollment_doubledecision", "sums_stand") + standing.refuse(
        "enrollment_doubledecision",
        "sums_stand",
        "UPDATE",
        f"OLD.cases > 0 AND ROW({old}) IS DISTINCT FROM ROW({new})",
        "double_decision_stands",
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("enrollment", "0031_temporary_numbers"),
    ]

    operations = [
        migrations.AddIndex(
            "coveragespell",
            models.Index(
                fields=["person"],
                name="coverage_idle",
                condition=~Q(state__in=["IN_FORCE", "UNDONE"]),
            ),
        ),
        migrations.AddField(
            "doubledecision",
            "subsidies_at_least",
            models.PositiveIntegerField(
                db_default=0, default=0, verbose_name="subsidies at the national minimum"
            ),
        ),
        migrations.AlterField(
            "signedproof",
            "state",
            models.CharField(
                choices=[
                    ("PREPARED", "Awaits the second signature"),
                    ("SIGNED", "Signed by two"),
                    ("SET_ASIDE", "Set aside by two"),
                    ("RETURNED", "Returned"),
                    ("WITHDRAWN", "Withdrawn"),
                ],
                default="PREPARED",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddField(
            "signedproof",
            "drafters",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                blank=True,
                db_default=[],
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            "signedproof",
            "aside_reason",
            models.TextField(blank=True, db_default="", verbose_name="why set aside"),
        ),
        migrations.AddField(
            "signedproof",
            "aside_asked_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="setting aside asked by",
            ),
        ),
        migrations.AddField(
            "signedproof",
            "aside_asked_by_no",
            models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            "signedproof",
            "aside_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="setting aside approved by",
            ),
        ),
        migrations.AddField(
            "signedproof",
            "aside_by_no",
            models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            "signedproof",
            "aside_at",
            models.DateTimeField(blank=True, null=True, verbose_name="set aside at"),
        ),
        migrations.RemoveConstraint("signedproof", "proof_signature_is_complete"),
        migrations.AddConstraint(
            "signedproof",
            models.CheckConstraint(
                name="proof_signature_is_complete",
                condition=Q(
                    state__in=["SIGNED", "SET_ASIDE"],
                    signed_by__isnull=False,
                    signed_at__isnull=False,
                )
                & ~Q(signed_by_no="")
                | ~Q(state__in=["SIGNED", "SET_ASIDE"])
                & Q(signed_by=None, signed_at=None, signed_by_no=""),
            ),
        ),
        migrations.AddConstraint(
            "signedproof",
            models.CheckConstraint(
                name="proof_signed_by_none_of_its_workers",
                condition=Q(signed_by_no="") | ~Q(drafters__contains=[F("signed_by_no")]),
            ),
        ),
        migrations.AddConstraint(
            "signedproof",
            models.CheckConstraint(
                name="proof_set_aside_by_two",
                condition=Q(
                    state="SET_ASIDE",
                    aside_asked_by__isnull=False,
                    aside_by__isnull=False,
                    aside_at__isnull=False,
                )
                & ~Q(aside_reason="")
                & ~Q(aside_asked_by_no="")
                & ~Q(aside_by_no="")
                & ~Q(aside_by=F("aside_asked_by"))
                & ~Q(aside_by_no=F("aside_asked_by_no"))
                | ~Q(state="SET_ASIDE")
                & Q(
                    aside_reason="",
                    aside_asked_by=None,
                    aside_asked_by_no="",
                    aside_by=None,
                    aside_by_no="",
                    aside_at=None,
                ),
            ),
        ),
        migrations.RunSQL(COUNT_BOUNDS, migrations.RunSQL.noop),
        migrations.RunSQL(
            _sums_stand((*_SUMS, "subsidies_at_least")), _sums_stand(_SUMS)
        ),
        migrations.RunSQL(PROOFS, FORGET_PROOFS),
    ]
