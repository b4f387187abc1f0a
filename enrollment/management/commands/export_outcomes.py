"""Command: the outcome of every roster row and the pairs to decide, as two files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from enrollment.reports import outcomes


class Command(BaseCommand):
    """Writes records.csv and review_pairs.csv."""

    help = "Write records.csv and review_pairs.csv of all rosters to a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        for name, lines in outcomes.export_outcomes(options["folder"]).items():
            self.stdout.write(f"{options['folder'] / name}: {lines}")
