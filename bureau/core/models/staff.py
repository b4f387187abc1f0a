"""Staff, their roles in areas, their sessions, and failed sign-ins."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bureau.core import clock
from bureau.core.choices import SEPARATED_ROLES, Role
from bureau.core.models.areas import Area


class StaffManager(BaseUserManager["Staff"]):
    """Creates staff with a hashed password."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "Staff":
        """A member of staff exists and may sign in with `password` (none: not at all)."""
        staff = self.model(username=username, **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff

    def create_superuser(
        self, username: str, password: str | None = None, **fields: object
    ) -> "Staff":
        """A member of staff with every right of the Django admin exists."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class Staff(AbstractBaseUser, PermissionsMixin):
    """One account of one member of the bureau's staff; `staff_no` is the person behind it.

    Two accounts of one person share the staff number, so that nobody approves own work by a second
    account.
    """

    username = models.CharField(_("user name"), max_length=60, unique=True)
    full_name = models.CharField(_("name"), max_length=60)
    staff_no = models.CharField(_("staff number"), max_length=20)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        choices=[("zh-hans", _("Simplified Chinese")), ("en", _("English"))],
    )
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("may use the maintenance pages"), default=False)
    is_demonstration = models.BooleanField(_("demonstration account"), default=False)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    password_changed_at = models.DateTimeField(_("password changed at"), null=True, blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name", "staff_no"]
    objects = StaffManager()

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(name="staff_number_is_given", condition=~Q(staff_no="")),
        ]
        db_table_comment = "Accounts of the bureau's staff"

    def __str__(self) -> str:
        return f"{self.full_name} ({self.username})"

    def is_same_person_as(self, other: "Staff") -> bool:
        """Whether both accounts are one person's, who does nothing to the own account."""
        return self.pk == other.pk or self.staff_no == other.staff_no


class RoleGrant(models.Model):
    """One role of one member of staff in one area and everything under it, for a period."""

    staff = models.ForeignKey(
        Staff, verbose_name=_("member of staff"), on_delete=models.PROTECT, related_name="grants"
    )
    role = models.CharField(_("role"), max_length=30, choices=Role.choices)
    area = models.ForeignKey(
        Area, verbose_name=_("area"), on_delete=models.PROTECT, related_name="grants"
    )
    period = DateRangeField(
        _("period"), help_text=_("From the first day up to, not including, the last.")
    )
    granted_by = models.CharField(_("granted by"), max_length=120, blank=True, editable=False)
    # None for what the operator gave by a command.
    approval = models.ForeignKey(
        "core.ApprovalRequest",
        verbose_name=_("approval"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["staff", "role"]
        constraints = [
            ExclusionConstraint(
                name="role_grant_once_at_a_time",
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("area", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            # System, security and audit administration are never joined in one person; a trigger
            # of the same name looks at all accounts of a staff number (migration 0005).
            ExclusionConstraint(
                name="role_grant_three_powers_apart",
                condition=Q(role__in=[r.value for r in SEPARATED_ROLES]),
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    ("role", RangeOperators.NOT_EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        db_table_comment = "Who may act in which role in which area, from when to when"

    def __str__(self) -> str:
        return f"{self.staff.username}: {self.get_role_display()} / {self.area}"


class StaffSession(models.Model):
    """One signed-in browser session, for the limits on idle time, age and number."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="portal_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [models.Index(fields=["staff", "-seen_at"], name="staff_session_newest")]

    def __str__(self) -> str:
        return f"{self.staff.username} {self.began_at:%Y-%m-%d %H:%M}"


class SignInFailure(models.Model):
    """One failed sign-in; the lock-out counts these rows, so it holds while Redis is away."""

    username = models.CharField(max_length=60)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(
        max_length=16,
        blank=True,
        db_comment="number of a browser in which the account had signed in before",
    )
    failed_at = models.DateTimeField()
    cleared = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("failed sign-in")
        verbose_name_plural = _("failed sign-ins")
        indexes = [
            models.Index(fields=["username", "-failed_at"], name="sign_in_failure_by_user"),
            models.Index(fields=["address", "-failed_at"], name="sign_in_failure_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.username} {self.failed_at:%Y-%m-%d %H:%M}"
