"""Sends lost jobs anew, once; what the timetable does every quarter of a minute."""

from typing import Any

from django.core.management.base import BaseCommand

from bureau.core import jobs


class Command(BaseCommand):
    help = "Send jobs anew whose message was lost or whose worker died."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{jobs.sweep()} jobs sent")
