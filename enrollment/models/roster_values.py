"""What a row of a roster says once it was read: the same for rows as sent and as corrected."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bureau.intake.models import StagedRow


class UnderstoodRow(StagedRow):
    """A row with its cells as written and the values understood from them.

    Unknown values are null, so that "not written" and "written as empty" are one thing.
    """

    id_number = models.CharField(_("identity number"), max_length=18, null=True)  # noqa: DJ001
    id_text = models.TextField(null=True)  # noqa: DJ001
    id_state = models.CharField(max_length=20, null=True)  # noqa: DJ001
    id_suggestion = models.CharField(max_length=18, null=True)  # noqa: DJ001
    name = models.TextField(_("name"), null=True)  # noqa: DJ001
    name_key = models.TextField(null=True)  # noqa: DJ001
    name_initials = models.TextField(null=True)  # noqa: DJ001
    birth_on = models.DateField(_("birth date"), null=True)
    # Of a date without a day: 1982 or 1982-05.
    birth_part = models.CharField(max_length=7, null=True)  # noqa: DJ001
    sex = models.CharField(_("sex"), max_length=10, null=True)  # noqa: DJ001
    household_no = models.TextField(_("household number"), null=True)  # noqa: DJ001
    relation = models.TextField(_("relation"), null=True)  # noqa: DJ001
    relation_code = models.CharField(max_length=10, null=True)  # noqa: DJ001
    head_name = models.TextField(null=True)  # noqa: DJ001
    member_no = models.TextField(null=True)  # noqa: DJ001
    psn_no = models.TextField(null=True)  # noqa: DJ001
    town = models.TextField(_("town"), null=True)  # noqa: DJ001
    village = models.TextField(_("village"), null=True)  # noqa: DJ001
    address = models.TextField(_("address"), null=True)  # noqa: DJ001
    phone = models.TextField(_("phone"), null=True)  # noqa: DJ001
    ethnicity = models.TextField(_("ethnicity"), null=True)  # noqa: DJ001
    special_group = models.TextField(_("special group"), null=True)  # noqa: DJ001
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, null=True)
    year = models.IntegerField(_("year"), null=True)
    begins_on = models.DateField(null=True)
    area_code = models.TextField(null=True)  # noqa: DJ001
    status = models.TextField(null=True)  # noqa: DJ001
    remarks = models.TextField(_("remarks"), null=True)  # noqa: DJ001

    class Meta(StagedRow.Meta):
        abstract = True
