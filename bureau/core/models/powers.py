"""What is wanted about somebody's account or roles, until another administrator agrees."""

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import PowerAct, Role, WishState
from bureau.core.models.areas import Area
from bureau.core.models.staff import RoleGrant, Staff


class PowerWish(models.Model):
    """One act on one account: a role, how long a role holds, signing in, password, second factor.

    It takes effect once another security administrator approved it, who is neither the one who
    asks nor the one whom it is about, by staff number. `subject` tells wishes of one act apart.
    """

    act = models.CharField(_("act"), max_length=20, choices=PowerAct.choices)
    staff = models.ForeignKey(
        Staff, verbose_name=_("member of staff"), on_delete=models.PROTECT, related_name="wishes"
    )
    staff_no = models.CharField(_("staff number"), max_length=20)
    subject = models.CharField(max_length=60, blank=True)
    role = models.CharField(_("role"), max_length=30, choices=Role.choices, blank=True)
    area = models.ForeignKey(
        Area, verbose_name=_("area"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    period = DateRangeField(_("period"), null=True, blank=True)
    grant = models.ForeignKey(
        RoleGrant, null=True, blank=True, on_delete=models.PROTECT, related_name="wishes"
    )
    may_sign_in = models.BooleanField(_("may sign in"), default=False)
    may_maintain = models.BooleanField(_("may use the maintenance pages"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=WishState.choices, default=WishState.ASKED
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    asked_by_no = models.CharField(max_length=20)
    asked_at = models.DateTimeField(_("asked at"))
    approved_by_no = models.CharField(max_length=20, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)

    class Meta:
        verbose_name = _("wish about powers")
        verbose_name_plural = _("wishes about powers")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="power_not_for_oneself", condition=~Q(asked_by_no=F("staff_no"))
            ),
            models.CheckConstraint(
                name="power_approved_by_another",
                condition=Q(approved_by_no="", state__in=["ASKED", "RETURNED"])
                | ~Q(approved_by_no="")
                & ~Q(approved_by_no=F("asked_by_no"))
                & ~Q(approved_by_no=F("staff_no"))
                & Q(approved_at__isnull=False, state__in=["APPROVED", "DONE"]),
            ),
            models.UniqueConstraint(
                name="power_asked_once",
                fields=["staff", "act", "subject"],
                condition=Q(state="ASKED"),
            ),
        ]
        db_table_comment = "Acts on accounts and roles, each approved by a second administrator"

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.staff}"
