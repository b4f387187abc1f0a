"""The files of a folder that may be rosters, those in its folders and archives among them."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from bureau.intake import archives
from bureau.intake.problems import SourceRefused, message_of

#: Endings of files that are no tables; whatever else lies in the folder is opened, by its content.
NO_TABLES: Final = frozenset(
    {
        ".md", ".pdf", ".doc", ".docx", ".rtf", ".odt", ".ppt", ".pptx", ".jpg", ".jpeg", ".png",
        ".gif", ".bmp", ".tif", ".tiff", ".json", ".log", ".py", ".sh", ".bat", ".exe", ".lnk",
        ".sha256", ".md5", ".tmp",
    }
)  # fmt: skip
#: What systems leave beside files, and spreadsheet programs beside open ones.
NO_FILES: Final = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
LEFT_BESIDE: Final = (".", "~$")
#: What all archives of one folder may hold; a city of a million fits ten times.
MOST_UNPACKED: Final = 8 * 1024**3


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken, and why."""

    name: str
    code: str
    why: str


def roster_files(folder: Path) -> list[Path]:
    """The files of a folder and of those in it that may be rosters, by their place.

    Of a folder that has one called `files`, no other folder counts.
    """
    inner = folder / "files"
    if inner.is_dir():
        return sorted([*filter(_may_be_roster, folder.iterdir()), *_found(inner)])
    return sorted(_found(folder))


def _found(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink() and not _is_left_beside(path):
            yield from _found(path)
        elif _may_be_roster(path):
            yield path


def _may_be_roster(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() not in NO_TABLES and not _is_left_beside(path)


def _is_left_beside(path: Path) -> bool:
    return path.name.startswith(LEFT_BESIDE) or path.name.lower() in NO_FILES


def unpack(paths: Iterable[Path], into: Path) -> tuple[list[Path], list[Refused]]:
    """The files, with those that each archive holds in its place, and archives that are refused."""
    allowance = archives.Allowance(MOST_UNPACKED)
    found: list[Path] = []
    refused: list[Refused] = []
    for path in paths:
        try:
            found += _unpacked(path, into, allowance)
        except SourceRefused as refusal:
            problem = refusal.problem
            refused.append(Refused(path.name, problem.code, message_of(problem)))
    return found, refused


def _unpacked(path: Path, into: Path, allowance: archives.Allowance) -> list[Path]:
    with path.open("rb") as stream:
        if not archives.is_archive(stream):
            return [path]
        found = []
        for name, pieces in archives.members(stream, allowance):
            # In a folder of its own: two towns of one archive may call their lists the same.
            place = into / f"{len(list(into.iterdir()))}" / path.stem
            place.mkdir(parents=True)
            with (place / name).open("wb") as member:
                member.writelines(pieces)
            if _may_be_roster(place / name):
                found.append(place / name)
        return found


def told_name(path: Path, roots: Sequence[Path]) -> str:
    """The file's name with the folders and the archive it lies in, which may tell whose it is."""
    for root in roots:
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name
