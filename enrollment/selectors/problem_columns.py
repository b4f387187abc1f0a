"""The headings of the columns that a problem file has beside the county's own."""

import functools

from django.conf import settings
from django.utils import translation

from enrollment.choices.problem_columns import ProblemColumn


def heads() -> dict[ProblemColumn, str]:
    """The headings in the present language, in the order of the columns."""
    return {column: str(column.label) for column in ProblemColumn}


@functools.cache
def columns_by_head() -> dict[str, ProblemColumn]:
    """Which column a heading means, in whatever language the file was made."""
    found: dict[str, ProblemColumn] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {head: column for column, head in heads().items()}
    return found
