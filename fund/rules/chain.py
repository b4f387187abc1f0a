"""The chain over a book's posted vouchers, computed without the database.

A file of the chain is lines of JSON: for each posting {"posting": link, "digest": …} and its
vouchers before it, in the order of their numbers, each {"voucher": {…}, "lines": [{…}, …]}. The
same text is digested by `fund_vouchers_of_posting` in the database (migration fund.0002).

This module needs nothing but Python: `python3 fund/rules/chain.py FILE` verifies a file anywhere.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

HEAD: Final = (
    "fund", "year", "month", "number", "voucher_on", "kind", "maker_no", "checker_no",
    "source_kind", "source_id", "reverses_id", "attachments", "posted_at", "summary",
)  # fmt: skip
LINE: Final = ("line_no", "account", "debit", "credit", "origin_area_id", "summary")


def digest_of_voucher(head: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> bytes:
    """The digest of everything that a posted voucher says."""
    texts = ["|".join(str(head[name]) for name in HEAD)]
    texts += ["|".join(str(line[name]) for name in LINE) for line in lines]
    return hashlib.sha256("\n".join(texts).encode()).digest()


def digest_of_posting(before: str, link: int, vouchers: bytes) -> str:
    """The digest of a link: of the link before, its place, and its vouchers' digests in order."""
    return hashlib.sha256(f"{before}|{link}|".encode() + vouchers).hexdigest()


@dataclass
class Chain:
    """A chain as it is read link by link; `broken` holds the links that do not fit."""

    last: str = ""
    links: int = 0
    vouchers: int = 0
    broken: list[int] = field(default_factory=list)
    _waiting: list[bytes] = field(default_factory=list)

    def voucher(self, head: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        """The next voucher of the link that is being read."""
        self._waiting.append(digest_of_voucher(head, lines))
        self.vouchers += 1

    def posting(self, link: int, digest: str) -> None:
        """The link ends here. From the first that does not fit on, each is held by itself."""
        found = digest_of_posting(self.last, link, b"".join(self._waiting))
        self._waiting.clear()
        self.links += 1
        if found != digest or link != self.links:
            self.broken.append(link)
        self.last = digest

    def end(self) -> None:
        """Nothing comes any more: vouchers that no link holds belong to a link that is missing."""
        if self._waiting:
            self.broken.append(self.links + 1)


def read(lines: Iterable[str]) -> Chain:
    """The chain of a file, verified."""
    chain = Chain()
    for text in lines:
        said = json.loads(text)
        if "posting" in said:
            chain.posting(said["posting"], said["digest"])
        else:
            chain.voucher(said["voucher"], said["lines"])
    chain.end()
    return chain


def main(path: str) -> int:
    """Says what came of a file; 0 when the chain is unbroken."""
    with open(path, encoding="utf-8") as file:
        chain = read(file)
    sys.stdout.write(f"{chain.links} links, {chain.vouchers} vouchers, last digest {chain.last}\n")
    if chain.broken:
        sys.stdout.write(f"broken at: {', '.join(map(str, chain.broken[:20]))}\n")
    return 1 if chain.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
