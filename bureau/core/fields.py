"""Model fields of the house."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from bureau.core import money

if TYPE_CHECKING:
    MoneyBase = models.DecimalField[Any, Any]
else:
    MoneyBase = models.DecimalField


class MoneyField(MoneyBase):
    """An amount in yuan, `numeric(18, 2)`; a third decimal and a float are refused, not rounded.

    PostgreSQL and Django would round silently.
    """

    description = _("Amount of money")

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("max_digits", 18)
        options.setdefault("decimal_places", 2)
        super().__init__(*args, **options)

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, float):
            raise TypeError(f"an amount is a Decimal, not the float {value!r}")
        amount: Decimal | None = super().to_python(value)
        if amount is not None and not money.is_exact(amount):
            raise ValidationError(
                _("%(amount)s has more than two decimals."),
                code="third_decimal",
                params={"amount": amount},
            )
        return amount

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not hasattr(value, "resolve_expression"):
            value = self.to_python(value)
        return super().get_db_prep_value(value, connection, prepared)
