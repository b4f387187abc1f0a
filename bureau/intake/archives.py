"""Archives of files as people send them back: looked through before anything is unpacked."""

import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Final

from bureau.intake.archive_guard import DAMAGED
from bureau.intake.problems import SourceRefused, refuse
from bureau.intake.shapes import Limits

USUAL_LIMITS: Final = Limits()
#: One of these is in every workbook, of either kind.
WORKBOOK_PARTS: Final = frozenset({"[Content_Types].xml", "content.xml"})
#: Set where the name of a file is in UTF-8; else programs here wrote it in GBK.
NAME_IS_UTF8: Final = 0x800
#: Files of one archive; a city has fewer towns.
MOST_FILES: Final = 300
PIECE_BYTES: Final = 1024 * 1024
#: What all archives sent at once may hold: the problem rows of a whole city are a third of it.
MOST_UNPACKED: Final = 256 * 1024**2
#: Little that packs well does no harm.
RATIO_FROM: Final = 16 * 1024**2


class Allowance:
    """What may still be unpacked of everything that one person sends at once."""

    def __init__(self, unpacked: int = MOST_UNPACKED) -> None:
        self.left = self.whole = unpacked

    def take(self, size: int) -> None:
        """So many bytes more. Raises SourceRefused when that is too much for all together."""
        self.left -= size
        if self.left < 0:
            raise refuse("FILES_TOO_LARGE", value=self.whole - self.left, limit=self.whole)


def is_archive(stream: IO[bytes]) -> bool:
    """Whether the stream is an archive of files, and not a workbook, which is one inside."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            return WORKBOOK_PARTS.isdisjoint(archive.namelist())
    except zipfile.BadZipFile:
        return False
    except DAMAGED as error:
        raise _damaged(error) from error
    finally:
        stream.seek(0)


def members(
    stream: IO[bytes], allowance: Allowance, *, limits: Limits = USUAL_LIMITS
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The files of the archive, one after the other: the last part of the name, and the content.

    Raises SourceRefused for archives that are damaged, and for those that claim or hold more than
    they may: of files, of bytes for each that was sent, and of bytes in all. Names lead nowhere: a
    path inside the archive is not followed.
    """
    packed = stream.seek(0, 2)
    try:
        archive = zipfile.ZipFile(stream)
    except DAMAGED as error:
        raise _damaged(error) from error
    with archive:
        files = [member for member in archive.infolist() if not member.is_dir()]
        if len(files) > MOST_FILES:
            raise refuse("ARCHIVE_MEMBERS", value=len(files), limit=MOST_FILES)
        if any(member.flag_bits & 0x1 for member in files):
            raise refuse("WORKBOOK_ENCRYPTED")
        _check_ratio(sum(member.file_size for member in files), packed, limits)
        unpacked = 0
        for member in files:
            name = PurePosixPath(_name(member).replace("\\", "/")).name
            if not name or name.startswith("."):
                continue
            counter = _Counter(unpacked, packed, allowance, limits)
            yield name, _pieces(archive, member, counter)
            unpacked = counter.unpacked


def _name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & NAME_IS_UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


class _Counter:
    """Measures what comes out; a size that the archive only claims proves nothing."""

    def __init__(self, unpacked: int, packed: int, allowance: Allowance, limits: Limits) -> None:
        self.unpacked = unpacked
        self._packed = packed
        self._allowance = allowance
        self._limits = limits

    def count(self, size: int) -> None:
        """A piece of so many bytes came out."""
        self.unpacked += size
        _check_ratio(self.unpacked, self._packed, self._limits)
        self._allowance.take(size)


def _check_ratio(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > RATIO_FROM and unpacked > packed * limits.archive_ratio:
        value = unpacked // max(packed, 1)
        raise refuse("FILES_RATIO", value=value, limit=limits.archive_ratio)


def _pieces(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, counter: _Counter
) -> Iterator[bytes]:
    """The content as it is unpacked."""
    try:
        with archive.open(member) as content:
            while piece := content.read(PIECE_BYTES):
                counter.count(len(piece))
                yield piece
    except DAMAGED as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> SourceRefused:
    return refuse("FILES_DAMAGED", value=type(error).__name__)
