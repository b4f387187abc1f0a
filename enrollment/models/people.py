"""One person, one file: people, their dated numbers, and their households."""

from typing import Any

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, Reverse
from django.utils.translation import gettext_lazy as _

from bureau.core.tracking import tracked
from enrollment.choices import IdentifierKind, PersonState, Sex
from enrollment.models.decision_triggers import MERGED_AS_RECORDED


class Characters(models.Func):
    """The characters of a text, each by itself: the index for finding part of a name."""

    function = "string_to_array"
    template = "%(function)s(%(expressions)s, NULL)"
    output_field = ArrayField(models.TextField())

    def __init__(self, text: str, **extra: Any) -> None:
        super().__init__(Cast(text, models.TextField()), **extra)


@tracked()
class Person(models.Model):
    """One human, one file; never deleted. A merged file points at the one that was kept.

    `name` is shown as written, `name_key` is the form by which names are compared,
    `name_initials` are the pinyin initials (several variants, divided by spaces) for searching.
    """

    name = models.CharField(_("name"), max_length=60)
    name_key = models.CharField(max_length=60)
    name_initials = models.CharField(max_length=80, blank=True)
    sex = models.CharField(_("sex"), max_length=10, choices=Sex.choices, blank=True)
    birth_on = models.DateField(_("birth date"), null=True)
    ethnicity = models.CharField(_("ethnicity"), max_length=20, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    area = models.ForeignKey(
        "core.Area", verbose_name=_("area"), on_delete=models.PROTECT, db_index=False
    )
    state = models.CharField(
        _("state"), max_length=10, choices=PersonState.choices, default=PersonState.ACTIVE
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed"
    )
    created_at = models.DateTimeField(_("file opened"))

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(name="person_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="person_merged_points_at_kept",
                condition=(Q(state="MERGED") & Q(merged_into__isnull=False))
                | (~Q(state="MERGED") & Q(merged_into=None)),
            ),
        ]
        indexes = [
            # Serves the person list of an area, newest key first.
            models.Index(fields=["area", "id"], name="person_by_area"),
            # Serves the number of living files: all but these few.
            models.Index(
                fields=["area"], name="person_without_living_file", condition=~Q(state="ACTIVE")
            ),
            # Serves search by name and birth date.
            models.Index(fields=["name_key", "birth_on"], name="person_by_name_and_birth"),
            # Serves search by the birth date alone.
            models.Index(fields=["birth_on"], name="person_by_birth"),
            # Serve search by pinyin initials, and by part of a name.
            GinIndex(
                fields=["name_initials"], name="person_by_initials", opclasses=["gin_trgm_ops"]
            ),
            GinIndex(Characters("name_key"), name="person_by_characters"),
            # Serves search by telephone.
            models.Index(fields=["phone"], name="person_by_phone", condition=~Q(phone="")),
        ]
        triggers = [*MERGED_AS_RECORDED]
        db_table_comment = "One row a human; never deleted"

    def __str__(self) -> str:
        return self.file_no

    @property
    def file_no(self) -> str:
        """The number of the person's file as it is printed: twelve digits."""
        return f"{self.pk:012d}"


@tracked()
class PersonIdentifier(models.Model):
    """One number under which a person is known, from when to when, and who issued it.

    A resident identity number belongs to one person at a time; numbers of the legacy schemes are
    unique per person only, because the counties gave some of them twice.
    """

    person = models.ForeignKey(
        Person,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="identifiers",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=20, choices=IdentifierKind.choices)
    number = models.CharField(_("number"), max_length=40)
    issuer = models.CharField(_("issued by"), max_length=20, blank=True)
    period = DateRangeField(_("period"))
    source_row = models.ForeignKey(
        "enrollment.RosterRow",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("number")
        verbose_name_plural = _("numbers")
        constraints = [
            models.UniqueConstraint(
                name="identifier_once_per_person", fields=["person", "kind", "issuer", "number"]
            ),
            # Among open periods only: a plain index keeps it at a tenth of an exclusion's cost. The
            # few that have an end are compared by a trigger (migration 0018).
            models.UniqueConstraint(
                name="identifier_resident_number_of_one_person",
                fields=["number"],
                condition=Q(kind="RESIDENT_ID", period__upper_inf=True),
            ),
        ]
        indexes = [
            models.Index(fields=["number"], name="identifier_by_number"),
            # Serves the numbers that have an end, which are few.
            models.Index(
                fields=["number"],
                name="identifier_ended",
                condition=Q(kind="RESIDENT_ID", period__upper_inf=False),
            ),
            # Serves search by the last signs of an identity number.
            models.Index(
                OpClass(Reverse(Cast("number", models.TextField())), name="text_pattern_ops"),
                name="identifier_by_last_signs",
                condition=Q(kind="RESIDENT_ID"),
            ),
        ]
        db_table_comment = "Numbers of people, dated, with their issuer"

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


@tracked()
class Household(models.Model):
    """One household as one source numbered it; unique by file, sheet, town, village and number.

    Local numbers begin anew in each village and each list: the same number in another roster is
    another family until it is shown otherwise, so households of two rosters are never one row. Who
    belongs to several is at home in the one of the latest year.
    """

    scheme = models.CharField(_("scheme"), max_length=10)
    area = models.ForeignKey("core.Area", verbose_name=_("area"), on_delete=models.PROTECT)
    # None where no roster tells of it any more.
    file = models.ForeignKey(
        "enrollment.RosterFile",
        verbose_name=_("roster file"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    sheet = models.IntegerField(_("sheet"), default=0)
    place = models.CharField(_("town"), max_length=60, blank=True)
    number = models.CharField(_("household number"), max_length=40)
    village = models.CharField(_("village"), max_length=60, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")
        constraints = [
            models.UniqueConstraint(
                name="household_number_once_per_source",
                fields=["file", "number", "place", "village", "sheet"],
            )
        ]
        # Serves search by household number, whatever the scheme and place.
        indexes = [models.Index(fields=["number"], name="household_by_number")]
        db_table_comment = "Households as their sources numbered them"

    def __str__(self) -> str:
        return self.number


@tracked()
class HouseholdMember(models.Model):
    """One person in one household; `relation` is to the head, by GB/T 4761 (02 is the head)."""

    household = models.ForeignKey(
        Household, on_delete=models.PROTECT, related_name="members", db_index=False
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    relation = models.CharField(_("relation to the head"), max_length=10, blank=True)
    period = DateRangeField(_("period"))

    class Meta:
        verbose_name = _("household member")
        verbose_name_plural = _("household members")
        constraints = [
            models.UniqueConstraint(name="household_member_once", fields=["household", "person"])
        ]
        db_table_comment = "Who belongs to which household"

    def __str__(self) -> str:
        return f"{self.household_id} {self.person_id}"
