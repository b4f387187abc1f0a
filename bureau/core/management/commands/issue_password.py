"""`manage.py issue_password`: the way back in for an account that nobody else can help."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from bureau.core import audit, clock, passwords
from bureau.core.models import Staff


class Command(BaseCommand):
    """Prints a one-time password; the account's sessions and its lock have ended."""

    help = "Issue a one-time password, for an administrator whom no other can help"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--remove-second-factor",
            action="store_true",
            help="also for a lost telephone or key, or after the secret key was lost",
        )

    @transaction.atomic
    def handle(self, *_arguments: Any, **options: Any) -> None:
        staff = Staff.objects.filter(username=options["username"]).first()
        if staff is None:
            raise CommandError(f"there is no account {options['username']}")
        without_factor = bool(options["remove_second_factor"])
        if without_factor:
            Authenticator.objects.filter(user=staff).delete()
        password = passwords.issue_to(staff)
        audit.record(
            "staff.password-issued",
            by="issue_password",
            at=clock.now(),
            target=staff,
            second_factor_removed=without_factor,
        )
        self.stdout.write(f"one-time password of {staff.username}: {password}")
