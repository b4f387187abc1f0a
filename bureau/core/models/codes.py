"""Code tables of the national platform and of the place."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class CodeTable(models.Model):
    """One code system, e.g. `insutype`; equal digits mean different things in different systems."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("code table")
        verbose_name_plural = _("code tables")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CodeValue(models.Model):
    """One value of a code table; unique by table and value."""

    table = models.ForeignKey(
        CodeTable, verbose_name=_("code table"), on_delete=models.PROTECT, related_name="values"
    )
    value = models.CharField(_("value"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("code value")
        verbose_name_plural = _("code values")
        ordering = ["table", "value"]
        constraints = [
            models.UniqueConstraint(name="code_value_once_per_table", fields=["table", "value"])
        ]

    def __str__(self) -> str:
        if self.name_en and (get_language() or "").startswith("en"):
            return f"{self.value} {self.name_en}"
        return f"{self.value} {self.name}"
