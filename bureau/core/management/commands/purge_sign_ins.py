"""Removes sessions that are over and old attempts at signing in, as the timetable every night."""

from typing import Any

from django.core.management.base import BaseCommand

from bureau.core import clock, lockout, sessions


class Command(BaseCommand):
    help = "Remove sessions that are over, and attempts at signing in of more than a year ago."

    def handle(self, *args: Any, **options: Any) -> None:
        ended = sessions.tidy(clock.now())
        attempts = lockout.purge(clock.now())
        self.stdout.write(f"{ended} sessions that were over and {attempts} old attempts removed")
