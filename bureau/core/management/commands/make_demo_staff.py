"""`manage.py make_demo_staff`: the accounts of the demonstration, printed with their password."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bureau.core import clock, demo_staff
from bureau.core.models import Area


class Command(BaseCommand):
    """Safe to run again; refuses outside demonstration mode."""

    help = "Make the demonstration's accounts (needs BUREAU_DEMO=1 and loaded areas)"

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("set BUREAU_DEMO=1: these accounts have a password known to all")
        if not Area.objects.filter(code=demo_staff.CITY).exists():
            raise CommandError("run `manage.py load_reference` first: there are no areas")
        accounts = demo_staff.make_demonstration_staff(at=clock.now())
        width = max(len(account.username) for account in accounts)
        for account in accounts:
            self.stdout.write(
                f"{account.username:{width}}  {account.roles}  {account.area}  {account.name}"
            )
        self.stdout.write(f"password of all: {demo_staff.PASSWORD}")
