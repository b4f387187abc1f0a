"""Which judgements of people a row rests on: this year's, or those of the same values before."""

from typing import Final

from django.db import connection

from enrollment.models import RosterRow, RowJudgement

#: The digest of what one judgement is about; the function is the database's, so that recording and
#: recalling cannot differ. In: one (a row or line), code, batch.
KEY: Final = """enrollment_judgement_key(
    code, one.id_number, one.id_text, one.name, one.birth_on, one.birth_part,
    concat_ws(chr(31), one.remarks, one.special_group, one.relation, one.status), one.raw,
    batch.year)"""
_FOUND: Final = f"""
    SELECT judgement.id FROM enrollment_rosterrow one
    JOIN enrollment_rosterbatch batch ON batch.id = one.batch_id
    CROSS JOIN LATERAL unnest(one.confirmed) code
    JOIN enrollment_rowjudgement judgement
      ON judgement.area_id = batch.area_id AND judgement.reason = code AND judgement.key = {KEY}
    WHERE one.id = %s
"""  # noqa: S608 (own function)


def judgements_of(row: RosterRow) -> list[RowJudgement]:
    """By which judgements problems of the row are right as they are, the first first."""
    if not row.confirmed:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [row.pk])
        numbers = [pk for (pk,) in cursor.fetchall()]
    return list(RowJudgement.objects.filter(pk__in=numbers).order_by("pk"))
