"""`manage.py prepare`: everything the code expects of its database and folders is there."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


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
            call_command("migrate", verbosity=0, interactive=False)
        if behind or not options["if_behind"]:
            call_command("load_reference", verbosity=0)
        if not options["if_behind"]:
            call_command("collectstatic", verbosity=0, interactive=False)


def is_behind() -> bool:
    """Whether the database lacks a migration of this code; a new one lacks all."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
