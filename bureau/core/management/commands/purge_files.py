"""Removes files whose time has come and rests of uploads; what the timetable does every night."""

from typing import Any

from django.core.management.base import BaseCommand

from bureau.core import clock, files


class Command(BaseCommand):
    help = "Remove files whose time has come, and rests of uploads that were cut off."

    def handle(self, *args: Any, **options: Any) -> None:
        due = files.purge_due(at=clock.now())
        rests = files.purge_orphans(at=clock.now())
        self.stdout.write(f"{due} files whose time had come and {rests} rests of uploads removed")
