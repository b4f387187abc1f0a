"""Command: the integration proof over all rosters, as a workbook."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from bureau.core import clock
from bureau.core.actors import Scope
from bureau.core.choices import AreaLevel
from bureau.core.models import Area
from enrollment.reports.proof import file_name, verdict, write_proof
from enrollment.selectors import proof_counts


class Command(BaseCommand):
    """Writes the workbook of the proof page; fails when an equation does not hold."""

    help = "Write the integration proof over all rosters to a folder, as XLSX."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        languages = [code for code, _name in settings.LANGUAGES]
        parser.add_argument("--language", choices=languages, default=settings.LANGUAGE_CODE)
        parser.add_argument("--year", type=int, help="rosters of one year only")

    def handle(self, *args: Any, **options: Any) -> None:
        cities = Area.objects.filter(level=AreaLevel.CITY).values_list("path", flat=True)
        year = options["year"]
        proof = proof_counts.proof_of(Scope.of(cities), year=year, at=clock.now())
        options["folder"].mkdir(parents=True, exist_ok=True)
        with translation.override(options["language"]):
            path = options["folder"] / file_name(proof)
            write_proof(path, proof, by="export_proof")
            self.stdout.write(f"{path}: {verdict(proof)} {proof.digest()}")
        if not proof.holds:
            raise CommandError("the proof does not hold; the workbook marks what differs")
