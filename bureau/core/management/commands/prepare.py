"""`manage.py prepare`: everything the code expects of its database and folders is there."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from bureau.core import rights
from bureau.core.integrity import is_giving_up

#: So often a migration tries to get at a table that others are using.
ATTEMPTS = 20
PAUSE_SECONDS = 3.0


class Command(BaseCommand):
    """Tables, reference data and static files, in one process because each start costs a second."""

    help = "Bring tables, reference data and static files up to date; changes nothing twice"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-behind",
            action="store_true",
            help="do nothing unless tables are missing or behind, and leave the static files",
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        behind = is_behind()
        if behind:
            self.stderr.write("bringing the database up to date")
            migrate()
        if behind or not options["if_behind"]:
            call_command("load_reference", verbosity=0)
        if not options["if_behind"]:
            # Also without a migration: the roles may have been made since.
            rights.give()
            call_command("collectstatic", verbosity=0, interactive=False)


def migrate() -> None:
    """The tables are up to date. While others work, a change of a table waits briefly and again.

    Whoever waits for a table in vain makes everybody behind it wait, too.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            # Each migration is a transaction: the ones before it stay.
            if attempt == ATTEMPTS or not is_giving_up(error):
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            break
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


def is_behind() -> bool:
    """Whether the database lacks a migration of this code; a new one lacks all."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
