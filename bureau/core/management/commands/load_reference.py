"""`manage.py load_reference`: areas, code tables and what apps bring along; never overwritten."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bureau.core import clock, reference


class Command(BaseCommand):
    """Safe to run again: adds what is missing, fills what is empty, changes nothing else."""

    help = "Add the areas of a city and the national code tables; never overwrites changed values"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--areas",
            type=Path,
            default=reference.AREAS_FILE,
            help="CSV with code, name, parent_code, level (and name_en, aliases, former_codes, "
            "ncms_pooling); default: Dalian",
        )
        parser.add_argument("--codes", type=Path, default=reference.CODES_FILE)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        try:
            results = {
                "areas": reference.load_areas(options["areas"]),
                "code values": reference.load_codes(options["codes"]),
                **reference.load_registered(at=clock.now()),
            }
        except reference.ReferenceIsWrong as wrong:
            raise CommandError(str(wrong)) from wrong
        for name, done in results.items():
            self.stdout.write(
                f"{name}: {done.added} added, {done.completed} completed, "
                f"{done.unchanged} unchanged"
            )
