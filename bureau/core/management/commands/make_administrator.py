"""`manage.py make_administrator`: the first accounts of the three administrators' powers.

Two security administrators are needed, because one alone changes no role and opens no account.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from bureau.core import audit, clock, passwords
from bureau.core.choices import SEPARATED_ROLES, AreaLevel
from bureau.core.models import Area, RoleGrant, Staff


class Command(BaseCommand):
    """Begins an installation; later accounts are made on the maintenance pages."""

    help = "Make the first system administrator, security administrator or auditor"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", choices=[role.value for role in SEPARATED_ROLES])
        parser.add_argument("username")
        parser.add_argument("full_name")
        parser.add_argument("staff_no")
        parser.add_argument(
            "--another",
            action="store_true",
            help="also when there is one already, such as the second security administrator",
        )

    @transaction.atomic
    def handle(self, *_arguments: Any, **options: Any) -> None:
        city = Area.objects.filter(level=AreaLevel.CITY).first()
        if city is None:
            raise CommandError("run `manage.py load_reference` first: there are no areas")
        today, role = clock.today(), options["role"]
        there = RoleGrant.objects.filter(role=role, period__contains=today)
        if there.exists() and not options["another"]:
            raise CommandError(
                f"there is a {role} already; make others on the maintenance pages, "
                "or with --another"
            )
        if there.filter(staff__staff_no=options["staff_no"]).exists():
            raise CommandError(f"{options['staff_no']} is a {role} already; it takes two people")
        if Staff.objects.filter(username=options["username"]).exists():
            raise CommandError(f"there is an account {options['username']} already")
        password = passwords.one_time_password()
        staff = Staff.objects.create_user(
            options["username"],
            password,
            full_name=options["full_name"],
            staff_no=options["staff_no"],
            is_staff=True,
        )
        RoleGrant.objects.create(
            staff=staff, role=role, area=city, period=(today, None), granted_by="make_administrator"
        )
        audit.record(
            "staff.first-administrator",
            by="make_administrator",
            at=clock.now(),
            target=staff,
            role=role,
        )
        self.stdout.write(f"one-time password of {staff.username}: {password}")
