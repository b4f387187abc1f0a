"""How lists are asked and shown: saved filters, each member's settings, presets of teams."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import Audience

#: Shapes of identity and telephone numbers; a saved filter holds neither.
PERSONAL_NUMBERS = r"[0-9]{15}|1[3-9][0-9]{9}"


class SavedFilter(models.Model):
    """A query of one list under a name, for its owner, a team, or everyone who may open the list.

    `query` holds the plain conditions as they stand in an address. Conditions that name a person
    are never part of it, and what it finds depends on the scope of whoever opens it.
    """

    list_id = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("conditions"), max_length=2000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.PROTECT,
        related_name="saved_filters",
    )
    audience = models.CharField(
        _("shared with"), max_length=10, choices=Audience.choices, default=Audience.OWN
    )
    area = models.ForeignKey(
        "core.Area",
        verbose_name=_("team"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        help_text=_("The team of an area: all who hold a role in it."),
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                name="saved_filter_once_per_name", fields=["owner", "list_id", "name"]
            ),
            models.CheckConstraint(name="saved_filter_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="saved_filter_of_a_team_names_it",
                condition=Q(audience="TEAM", area__isnull=False)
                | (~Q(audience="TEAM") & Q(area=None)),
            ),
            models.CheckConstraint(
                name="saved_filter_names_no_person", condition=~Q(query__regex=PERSONAL_NUMBERS)
            ),
        ]
        # Serves the menu of filters above each list.
        indexes = [models.Index(fields=["list_id", "audience"], name="saved_filter_by_list")]
        db_table_comment = "Queries of lists under a name, shared or not; no personal data"

    def __str__(self) -> str:
        return self.name


class ListSetting(models.Model):
    """Columns in their order, height of rows and rows per page of one list.

    Either a member's own (`staff`), or a preset of the team of an area (`area`, `name`).
    """

    list_id = models.CharField(max_length=60)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="list_settings",
    )
    area = models.ForeignKey("core.Area", null=True, blank=True, on_delete=models.PROTECT)
    name = models.CharField(_("name"), max_length=60, blank=True)
    columns = models.JSONField(_("columns"), default=list)
    density = models.CharField(_("height of the rows"), max_length=10, blank=True)
    size = models.PositiveSmallIntegerField(_("rows per page"), default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("setting of a list")
        verbose_name_plural = _("settings of lists")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="list_setting_is_own_or_a_preset",
                condition=Q(staff__isnull=False, area=None, name="")
                | (Q(staff=None, area__isnull=False) & ~Q(name="")),
            ),
            models.UniqueConstraint(name="list_setting_once", fields=["staff", "list_id"]),
            models.UniqueConstraint(
                name="list_preset_once_per_name", fields=["area", "list_id", "name"]
            ),
        ]
        indexes = [models.Index(fields=["list_id"], name="list_setting_by_list")]
        db_table_comment = "How members of staff and teams have lists shown"

    def __str__(self) -> str:
        return self.name or self.list_id
