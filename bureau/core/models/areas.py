"""Administrative areas: the tree that scopes what staff see."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import AreaLevel


class Area(models.Model):
    """One administrative area: the city, a county-level area, a town or a village.

    `path` is the chain of codes from the city down, each followed by a slash, so that everything
    under an area is `path LIKE area.path || '%'`. A trigger keeps it (migration `core.0002`).
    """

    code = models.CharField(
        _("code"), max_length=12, unique=True, db_comment="GB/T 2260 code or working code"
    )
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    aliases = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("other names"),
        default=list,
        blank=True,
        help_text=_("Former names, short names and initials under which files name this area."),
    )
    level = models.CharField(_("level"), max_length=10, choices=AreaLevel.choices)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    path = models.CharField(_("path"), max_length=60, unique=True, editable=False)
    is_pooling_area = models.BooleanField(
        _("NCMS pooling area"),
        default=False,
        help_text=_(
            "One of the areas in which the rural scheme was pooled before the integration."
        ),
    )
    former_codes = ArrayField(
        models.CharField(max_length=12),
        verbose_name=_("former codes"),
        default=list,
        blank=True,
        help_text=_("Division codes that numbers and files of earlier years still carry."),
    )

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                name="area_only_the_city_has_no_parent",
                condition=Q(level=AreaLevel.CITY, parent=None)
                | (~Q(level=AreaLevel.CITY) & Q(parent__isnull=False)),
            ),
            models.CheckConstraint(
                name="area_code_is_digits", condition=Q(code__regex=r"^[0-9]{6,12}$")
            ),
        ]
        indexes = [
            # Serves every scope filter: path LIKE '2102/210281/%'.
            models.Index(
                fields=["path"], name="area_path_prefix", opclasses=["varchar_pattern_ops"]
            ),
        ]
        db_table_comment = "Administrative areas; path scopes what staff see"

    def __str__(self) -> str:
        if self.name_en and (get_language() or "").startswith("en"):
            return self.name_en
        return self.name
