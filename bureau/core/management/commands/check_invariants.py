"""Checks every condition that must always hold; used by fault tests, the gate and every night."""

import dataclasses
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bureau.core import integrity


class Command(BaseCommand):
    help = "Check every invariant of every app; ends with 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        known = integrity.invariants()
        broken = integrity.broken_invariants()
        if options["json"]:
            answer = {
                "checked": [one.name for one in known],
                "broken": [dataclasses.asdict(one) for one in broken],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            for one in broken:
                examples = ", ".join(one.examples)
                self.stdout.write(f"{one.name}: {one.offenders}. {one.meaning} ({examples})")
            self.stdout.write(f"{len(known) - len(broken)} of {len(known)} invariants hold")
        if broken:
            sys.exit(1)
