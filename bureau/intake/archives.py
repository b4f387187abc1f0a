"""Archives of files as people send them back: looked through before anything is unpacked."""

import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Final

from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits

USUAL_LIMITS: Final = Limits()
#: Files of one archive; a city has fewer towns.
MOST_FILES: Final = 300
PIECE_BYTES: Final = 1024 * 1024


def is_archive(stream: IO[bytes]) -> bool:
    """Whether the stream is an archive of files, and not a workbook, which is one inside."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            return "[Content_Types].xml" not in archive.namelist()
    except zipfile.BadZipFile:
        return False
    finally:
        stream.seek(0)


def members(
    stream: IO[bytes], *, limits: Limits = USUAL_LIMITS
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The files of the archive, one after the other: the last part of the name, and the content.

    Raises SourceRefused for archives that claim or hold more than they may. Names lead nowhere: a
    path inside the archive is not followed.
    """
    with zipfile.ZipFile(stream) as archive:
        files = [member for member in archive.infolist() if not member.is_dir()]
        if len(files) > MOST_FILES:
            raise refuse("ARCHIVE_MEMBERS", value=len(files), limit=MOST_FILES)
        if any(member.flag_bits & 0x1 for member in files):
            raise refuse("WORKBOOK_ENCRYPTED")
        budget = limits.archive_bytes
        for member in files:
            name = PurePosixPath(member.filename.replace("\\", "/")).name
            if not name or name.startswith("."):
                continue
            pieces = _pieces(archive, member, budget)
            yield name, pieces
            budget -= member.file_size


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: int) -> Iterator[bytes]:
    """The content as it is unpacked; a size that the archive only claims is measured."""
    size = 0
    with archive.open(member) as content:
        while piece := content.read(PIECE_BYTES):
            size += len(piece)
            if size > budget:
                raise refuse("ARCHIVE_TOO_LARGE", value=size, limit=budget)
            yield piece
