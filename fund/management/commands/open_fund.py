"""`manage.py open_fund`: a fund gets its book, by the operator (ADR 9)."""

import datetime
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bureau.core import clock
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.models import Area
from fund.choices import FundKind
from fund.services import books


class Command(BaseCommand):
    """Opens one book; a fund that is there already is refused."""

    help = "Open the book of a fund: chart of accounts, periods, posting rules as drafts"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="e.g. RESIDENT-210200")
        parser.add_argument("name", help="the fund's name in Chinese")
        parser.add_argument("--name-en", default="", help="the fund's name in English")
        parser.add_argument("--kind", required=True, choices=FundKind.values)
        parser.add_argument("--area", required=True, help="code of the area, e.g. 210200")
        parser.add_argument(
            "--first-day",
            required=True,
            type=datetime.date.fromisoformat,
            help="first day of the first month, e.g. 2020-01-01",
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        area = Area.objects.filter(code=options["area"]).first()
        if area is None:
            raise CommandError(f"no area has the code {options['area']}")
        try:
            book = books.open_fund(
                code=options["code"],
                name=options["name"],
                name_en=options["name_en"],
                kind=options["kind"],
                area=area,
                first_day=options["first_day"],
                at=clock.now(),
                by=Actor.for_job("open_fund"),
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{book.fund.code}: opened with {book.accounts.count()} accounts")
