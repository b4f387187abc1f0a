"""Fields that read what people type in this country, and the bases of query and entry forms."""

from __future__ import annotations

import dataclasses
import datetime
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import lists
from bureau.ui import formatting

MONEY_MAX_DIGITS = 18
_MONEY = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")


def plain(text: str) -> str:
    """Full-width digits and signs become ordinary ones, and blanks inside are dropped."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).replace("。", "."))


def read_money(text: str) -> Decimal:
    """The amount in yuan; raises ValidationError naming the text and the remedy.

    Read are `1,234.50`, full-width digits, a leading ¥ or ￥ and a trailing 元. Refused are more
    than two decimals and `1.234,50`, which could mean two amounts.
    """
    typed = plain(text).removeprefix("¥").removesuffix("元")
    if not _MONEY.fullmatch(typed):
        raise ValidationError(
            _("“%(text)s” is not an amount. Write it like 1,234.50, with at most two decimals."),
            code="not_an_amount",
            params={"text": text},
        )
    try:
        amount = Decimal(typed.replace(",", "")).quantize(Decimal("0.01"))
    except InvalidOperation:
        amount = None
    if amount is None or len(amount.as_tuple().digits) > MONEY_MAX_DIGITS:
        raise ValidationError(
            _("“%(text)s” is too large: at most 16 digits before the point."),
            code="amount_too_large",
            params={"text": text},
        )
    return amount


def read_day(text: str) -> datetime.date:
    """The date; raises ValidationError.

    Read are 2016-9-5, 2016/9/5, 2016.9.5, 2016年9月5日 and 20160905.
    """
    typed = _DATE.fullmatch(plain(text))
    if typed is not None:
        year, month, day = (int(part) for part in typed.groups() if part is not None)
        try:
            return datetime.date(year, month, day)
        except ValueError:
            raise ValidationError(
                _("“%(text)s” is a day that does not exist."),
                code="no_such_day",
                params={"text": text},
            ) from None
    raise ValidationError(
        _("“%(text)s” is not a date. Write year, month and day, like 2016-09-05."),
        code="not_a_date",
        params={"text": text},
    )


class MoneyField(forms.CharField):
    """An amount in yuan with at most two decimals; the value is a Decimal."""

    def __init__(self, *, minimum: Decimal | None = None, **options: Any) -> None:
        options.setdefault(
            "widget", forms.TextInput(attrs={"class": "input-money", "inputmode": "decimal"})
        )
        self.minimum = minimum
        super().__init__(max_length=40, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        amount = read_money(text)
        if self.minimum is not None and amount < self.minimum:
            raise ValidationError(
                _("The amount must be at least %(minimum)s."),
                code="amount_too_small",
                params={"minimum": formatting.money(self.minimum)},
            )
        return amount

    def prepare_value(self, value: Any) -> Any:
        return formatting.money(value) if isinstance(value, Decimal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.clean(data))
        except ValidationError:
            return True

    @property
    def unit(self) -> str:
        """What stands behind the input."""
        return formatting.money_unit()

    def echo(self, value: Decimal | None) -> str:
        return "" if value is None else formatting.money_prose(value)


class DateField(forms.DateField):
    """A date, read in every usual form."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget",
            forms.DateInput(
                format="%Y-%m-%d",
                attrs={"class": "input-date", "placeholder": "2026-01-31", "inputmode": "numeric"},
            ),
        )
        super().__init__(**options)

    def to_python(self, value: Any) -> datetime.date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime.datetime):
            return value.date()
        if isinstance(value, datetime.date):
            return value
        return read_day(str(value))

    def echo(self, value: datetime.date | None) -> str:
        return "" if value is None else formatting.day_prose(value)


class WholeNumberField(forms.CharField):
    """A whole number from `minimum` on, grouped or not; the value is an int."""

    def __init__(self, *, minimum: int = 0, **options: Any) -> None:
        options.setdefault(
            "widget", forms.TextInput(attrs={"class": "input-number", "inputmode": "numeric"})
        )
        self.minimum = minimum
        super().__init__(max_length=30, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        typed = plain(text).replace(",", "")
        if not re.fullmatch(r"-?\d{1,18}", typed) or int(typed) < self.minimum:
            raise ValidationError(
                _("“%(text)s” is not a whole number of at least %(minimum)s."),
                code="not_a_number",
                params={"text": text, "minimum": formatting.number(self.minimum)},
            )
        return int(typed)

    def echo(self, value: int | None) -> str:
        return "" if value is None else formatting.number(value)


#: Why a text that many read is refused.
NO_NUMBERS = gettext_lazy(
    "Leave identity and telephone numbers out: this text stays on record and others read it."
)


class ReasonField(forms.CharField):
    """A reason in words; dots and dashes give none."""

    #: Letters, characters or digits that a reason holds at least.
    FEWEST: ClassVar[int] = 2
    #: Longest reason that is kept.
    LONGEST: ClassVar[int] = 500

    def __init__(self, *, rows: int = 3, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        options.setdefault("max_length", self.LONGEST)
        super().__init__(**options)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and sum(sign.isalnum() for sign in value) < self.FEWEST:
            raise ValidationError(_("Give the reason in words."), code="no_words")
        if value and lists.names_a_person(value):
            raise ValidationError(str(NO_NUMBERS), code="names_a_person")


@dataclasses.dataclass(frozen=True)
class FieldError:
    """One line of the error summary: the field's name and text, and the field to go to."""

    text: str
    target: str


def errors_of(form: forms.BaseForm) -> list[FieldError]:
    """Every error of the form, in the order of its fields, with the id to jump to."""
    errors = [FieldError(str(text), "") for text in form.non_field_errors()]
    for field in form:
        for text in field.errors:
            target = field.id_for_label or field.auto_id
            if field.use_fieldset:
                target = f"{field.auto_id}_0"
            label = _("%(label)s: %(error)s") % {"label": field.label, "error": text}
            errors.append(FieldError(label, str(target)))
    return errors


class EntryForm(forms.Form):
    """A form that people fill in; each input is tied to its hint and its error."""

    error_css_class = "has-error"
    required_css_class = "is-required"

    def answers(self) -> list[tuple[str, str]]:
        """What was entered, in words, for the check before the act."""
        return [
            (str(field.label), answer_text(field, self.cleaned_data.get(field.name)))
            for field in self.visible_fields()
        ]


def answer_text(field: forms.BoundField, value: Any) -> str:
    """A cleaned value in the words that the person chose or typed."""
    if value in (None, "", [], ()):
        return formatting.ABSENT
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Decimal):
        return formatting.money_prose(value)
    if isinstance(value, datetime.date):
        return formatting.day_prose(value)
    choices = getattr(field.field, "choices", None)
    if choices is not None and not hasattr(value, "pk"):
        words = {str(code): str(word) for code, word in choices}
        chosen = value if isinstance(value, list | tuple) else [value]
        return _(", ").join(words.get(str(code), str(code)) for code in chosen)
    return str(value)


class QueryForm(forms.Form):
    """The query above a list: every field optional, values in the address.

    Values of `private_fields` (names, numbers of persons) never stand in the address: the form is
    sent by POST, and the address carries a token for them (`bureau.ui.views.lists`).
    """

    private_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("use_required_attribute", False)
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.required = False
            if isinstance(field, forms.ChoiceField) and not isinstance(
                field, forms.MultipleChoiceField | forms.ModelChoiceField
            ):
                offered: Any = field.choices
                listed = list(offered)
                if not listed or listed[0][0] != "":
                    field.choices = [("", gettext_lazy("All")), *listed]

    def values(self) -> dict[str, Any]:
        """The values given and valid. A form with `errors` has fewer: its list shows no rows."""
        if not self.is_bound:
            return {}
        self.is_valid()
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if value not in (None, "", [], ())
        }
