"""`manage.py verify_books`: each book's chain is computed anew from what its vouchers say."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fund.models import Book
from fund.selectors import chain


class Command(BaseCommand):
    """With --write, also leaves a file for each book, to be verified elsewhere."""

    help = "Verify the chain over posted vouchers of each book; --write keeps it in a file a book"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--book", help="code of one fund; default: all")
        parser.add_argument("--write", type=Path, help="folder for a file of each chain")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        books = Book.objects.select_related("fund").order_by("fund__code")
        if options["book"]:
            books = books.filter(fund__code=options["book"])
            if not books:
                raise CommandError(f"no fund has the code {options['book']}")
        broken = [book.fund.code for book in books if not self._verify(book, options["write"])]
        if broken:
            raise CommandError(f"broken chains: {', '.join(broken)}")

    def _verify(self, book: Book, folder: Path | None) -> bool:
        # What is posted never changes, so links that are read one after the other fit together.
        found = chain.verified(book)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"{book.fund.code}.jsonl").open("w", encoding="utf-8") as file:
                file.writelines(chain.written(book))
        state = f"broken at links {found.broken[:20]}" if found.broken else "unbroken"
        self.stdout.write(
            f"{book.fund.code}: {found.links} links, {found.vouchers} vouchers, {state}, "
            f"last digest {found.last or '-'}"
        )
        return not found.broken
