"""What was posted in the open transaction is checked and sealed at once, not only at its end."""

from django.db import connection


def seal() -> None:
    """Postings of this transaction balance and are links of their chains.

    Raises IntegrityError here, inside the act, what would otherwise refuse the whole transaction
    at its end, when nobody could be told why.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS fund_posting_is_sealed IMMEDIATE")
        cursor.execute("SET CONSTRAINTS fund_posting_is_sealed DEFERRED")
