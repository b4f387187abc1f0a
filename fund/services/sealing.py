"""What was posted in the open transaction is checked and sealed at once, not only at its end."""

from django.db import DataError, connection
from django.utils.translation import gettext_lazy as _

from bureau.core.errors import DomainError


def seal() -> None:
    """Postings of this transaction balance and are links of their chains.

    Raises IntegrityError here, inside the act, what would otherwise refuse the whole transaction
    at its end, when nobody could be told why; DomainError when a balance grows past its column.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute("SET CONSTRAINTS fund_posting_is_sealed IMMEDIATE")
        except DataError as error:
            raise DomainError(
                "balance_is_too_large",
                _("With this voucher the balance of an account is too large to be kept."),
            ) from error
        cursor.execute("SET CONSTRAINTS fund_posting_is_sealed DEFERRED")
