"""Command: all roster files of a folder go through the pipeline of the browser, in this process."""

import datetime
import json
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from bureau.core import files
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.intake.choices import BatchState, Channel
from enrollment.choices import Scheme
from enrollment.choices.editions import LineState
from enrollment.imports import directory, roster_folder
from enrollment.imports.roster_folder import Refused
from enrollment.models import RosterBatch
from enrollment.selectors import editions

COUNTS = (
    "rows_read", "rows_accepted", "rows_fixed", "rows_review", "rows_rejected", "rows_not_record",
    "persons_created", "rows_attached", "pairs_found",
)  # fmt: skip


class Command(BaseCommand):
    """Imports rosters as an operator; safe to repeat, and to repeat after it was killed."""

    help = (
        "Import the roster files of a folder: read, check, link and apply them. Repeating it takes "
        "up what an interrupted run left and takes no file twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--scheme", choices=Scheme.values, help="for files that do not tell")
        parser.add_argument("--area", help="code of the area, for files that do not tell")
        parser.add_argument("--year", type=int, help="year, for files that do not tell")
        parser.add_argument(
            "--strict",
            action="store_true",
            help="refuse files whose columns leave a question open. Without it they are read as it "
            "seems best, and the rows that rest on the question wait for review",
        )
        parser.add_argument("--no-apply", action="store_true", help="stop after the check")
        parser.add_argument(
            "--newer-edition",
            action="store_true",
            help="each roster replaces the one on the roll of the same area, scheme and year; only "
            "lines that differ change anything. Without it, it comes in addition",
        )
        parser.add_argument(
            "--edition-of",
            type=int,
            action="append",
            default=[],
            metavar="ROSTER",
            help="number of the roster to replace; given several times, of all of them together",
        )
        parser.add_argument(
            "--only-places",
            action="store_true",
            help="the files hold some townships only: rows of the others stay as they are",
        )
        parser.add_argument(
            "--end-left-out",
            metavar="DAY",
            help="last day of coverage of people whom the newer edition leaves out (2019-06-30); "
            "without it they are kept and listed",
        )
        parser.add_argument("--reason", default="", help="why their coverage ends")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet = bool(options["json"])
        by = Actor.for_job("import_roster")
        apply = not options["no_apply"]
        self.edition = self._edition(options)
        self.strict = bool(options["strict"])
        folder: Path = options["folder"]
        paths = self._paths(folder)
        if not Area.objects.exists():
            call_command("load_reference", stdout=self.stderr)
        with files.scratch_folder("roster-archives") as scratch:
            paths, refused = roster_folder.unpack(paths, scratch)
            self._take(paths, refused, (folder, scratch), by, apply, options)

    def _take(
        self,
        paths: Sequence[Path],
        refused: list[Refused],
        roots: Sequence[Path],
        by: Actor,
        apply: bool,
        options: dict[str, Any],
    ) -> None:
        senders, unread = directory.sort_files(
            paths,
            roots=roots,
            scheme=Scheme(options["scheme"]) if options["scheme"] else None,
            area=self._area(options["area"]),
            year=options["year"],
        )
        refused += unread
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for batch in self._left_over():
            self._advance(batch, by, apply, done, failed, refused)
        for sender, sent in senders.items():
            gathered, unusable = directory.gather(sender, sent, by=by)
            refused.extend(unusable)
            if gathered is not None:
                self._advance(gathered, by, apply, done, failed, refused)
        self._report(done, failed, refused)

    def _paths(self, folder: Path) -> list[Path]:
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder")
        paths = roster_folder.roster_files(folder)
        if not paths:
            raise CommandError(f"{folder} holds no roster file")
        return paths

    def _area(self, code: str | None) -> Area | None:
        if not code:
            return None
        area = Area.objects.filter(code=code).first()
        if area is None:
            raise CommandError(f"no area has the code {code}")
        return area

    def _edition(self, options: dict[str, Any]) -> directory.AsEdition | None:
        ends = options["end_left_out"]
        if not (options["newer_edition"] or options["edition_of"]):
            if ends:
                raise CommandError("--end-left-out goes with --newer-edition or --edition-of")
            return None
        try:
            ends_on = datetime.date.fromisoformat(ends) if ends else None
        except ValueError:
            raise CommandError(f"{ends} is no day; write it like 2019-06-30") from None
        if ends_on and not options["reason"].strip():
            raise CommandError("say by --reason why the coverage of who is left out ends")
        return directory.AsEdition(
            options["edition_of"], ends_on, options["reason"], options["only_places"]
        )

    def _left_over(self) -> list[RosterBatch]:
        return list(
            RosterBatch.objects.filter(
                channel=Channel.COMMAND_LINE,
                state__in=[BatchState.READING, BatchState.CHECKED, BatchState.APPLYING],
            ).select_related("area")
        )

    def _advance(
        self,
        batch: RosterBatch,
        by: Actor,
        apply: bool,
        done: list[dict[str, Any]],
        failed: list[dict[str, Any]],
        refused: list[Refused],
    ) -> None:
        began = time.monotonic()
        self._say(f"roster {batch.pk}: {batch.area.name} {batch.scheme} {batch.year} …")
        try:
            refused.extend(
                directory.advance(
                    batch, by=by, apply=apply, edition=self.edition, strict=self.strict
                )
            )
        except DomainError as error:
            failed.append({"roster": batch.pk, **error.as_json()})
            self._say(f"  failed: {error}")
            return
        result = {
            "roster": batch.pk,
            "area": batch.area.code,
            "scheme": batch.scheme,
            "year": batch.year,
            "state": batch.state,
            "files": batch.files.filter(withdrawn=False).count(),
            **{name: getattr(batch, name) for name in COUNTS},
            "seconds": round(time.monotonic() - began, 2),
        }
        if doubts := directory.doubts_of(batch):
            result["doubts"] = [
                {"file": file.name, "code": doubt.code, "why": directory.in_words(doubt)}
                for file, doubt in doubts
            ]
            for told in result["doubts"]:
                self._say(f"  in doubt, its rows wait for review: {told['file']}: {told['why']}")
        if compared := edition_in_figures(batch):
            result["edition"] = compared
            self._say("  " + ", ".join(f"{name} {value}" for name, value in compared.items()))
        done.append(result)
        self._say("  " + ", ".join(f"{name} {result[name]}" for name in COUNTS))

    def _say(self, line: str) -> None:
        if not self.quiet:
            self.stdout.write(line)

    def _report(
        self,
        done: list[dict[str, Any]],
        failed: list[dict[str, Any]],
        refused: list[Refused],
    ) -> None:
        not_taken = [
            {"file": refusal.name, "code": refusal.code, "why": refusal.why} for refusal in refused
        ]
        if self.quiet:
            self.stdout.write(
                json.dumps(
                    {"rosters": done, "failed": failed, "refused": not_taken}, ensure_ascii=False
                )
            )
        else:
            for refusal in refused:
                self.stdout.write(f"not taken: {refusal.name}: {refusal.why}")
        # A file known from before was not lost: only what could not be taken at all is a failure.
        lost = [refusal for refusal in refused if refusal.code != "FILE_KNOWN"]
        if failed or lost:
            raise CommandError(f"{len(failed)} rosters failed, {len(lost)} files were not taken")


def edition_in_figures(batch: RosterBatch) -> dict[str, int | list[int]]:
    """What an edition came to beside the one it replaces; nothing for other rosters."""
    edition = editions.edition_of(batch)
    if edition is None:
        return {}
    figures = editions.figures_of(edition)
    replaced = [former.pk for former in editions.replaced_by(edition)]
    counts = {state.value.lower(): found.lines for state, found in figures.items()}
    return {
        "number": edition.number,
        "replaces": edition.replaces_id,
        **({"replaces_all": replaced} if len(replaced) > 1 else {}),
        **counts,
        "changed_taken": figures[LineState.CHANGED].taken,
        "coverage_ended": figures[LineState.LEFT].ended,
    }
