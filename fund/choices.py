"""Enumerations of the fund's books, with the words people see."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class FundKind(TextChoices):
    """What a fund is for; each fund is an accounting entity of its own."""

    RESIDENT = "RESIDENT", _("Urban-rural resident medical insurance fund")
    NCMS = "NCMS", _("New rural cooperative scheme fund")
    URBMI = "URBMI", _("Urban resident scheme fund")
    CRITICAL_ILLNESS = "CRITICAL_ILLNESS", _("Critical illness insurance fund")
    MEDICAL_ASSISTANCE = "MEDICAL_ASSISTANCE", _("Medical assistance fund")


class AccountClass(TextChoices):
    """The five elements of a social insurance fund's accounts."""

    ASSET = "ASSET", _("Assets")
    LIABILITY = "LIABILITY", _("Liabilities")
    NET_ASSETS = "NET_ASSETS", _("Net assets")
    INCOME = "INCOME", pgettext_lazy("account class", "Income")
    EXPENDITURE = "EXPENDITURE", pgettext_lazy("account class", "Expenditure")


class Side(TextChoices):
    """The side on which an account usually has its balance, or a line its amount."""

    DEBIT = "DEBIT", pgettext_lazy("side of an account", "Debit")
    CREDIT = "CREDIT", pgettext_lazy("side of an account", "Credit")


class Certainty(TextChoices):
    """How well a fact is known that is no official text of this bureau's own."""

    SEEN = "SEEN", _("Seen in the official document")
    SECONDARY = "SECONDARY", _("Seen in a secondary copy")
    GENERAL = "GENERAL", _("General knowledge, not verified")
    INFERRED = "INFERRED", _("Inferred by the bureau")


class PeriodState(TextChoices):
    """State of an accounting period; what is closed is never opened again."""

    OPEN = "OPEN", pgettext_lazy("accounting period", "Open")
    CLOSED = "CLOSED", pgettext_lazy("accounting period", "Closed")


class VoucherKind(TextChoices):
    """Where a voucher comes from."""

    MANUAL = "MANUAL", _("Entered by hand")
    OPENING = "OPENING", _("Opening balances")
    EVENT = "EVENT", _("From a business event")


class VoucherState(TextChoices):
    """State of a voucher; a posted one stands for ever."""

    DRAFT = "DRAFT", pgettext_lazy("voucher", "Draft")
    SUBMITTED = "SUBMITTED", pgettext_lazy("voucher", "Awaiting review")
    POSTED = "POSTED", pgettext_lazy("voucher", "Posted")


class RuleState(TextChoices):
    """State of a posting rule, which takes effect by two people."""

    DRAFT = "DRAFT", pgettext_lazy("posting rule", "Draft")
    SUBMITTED = "SUBMITTED", pgettext_lazy("posting rule", "Awaiting approval")
    APPROVED = "APPROVED", pgettext_lazy("posting rule", "In force")
