"""Files kept by the portal: under names of its own, with size limit and digest; purged in time."""

import contextlib
import datetime
import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from bureau.core import audit, crash
from bureau.core.actors import Actor, actor_from
from bureau.core.errors import DomainError
from bureau.core.models import Area, Staff, StoredFile

PIECE_BYTES = 1024 * 1024
#: Time after which a file without a row is the rest of an interrupted upload, not one under way.
ORPHAN_AGE = datetime.timedelta(hours=24)


def store(
    content: "File[bytes] | BinaryIO | Iterable[bytes]",
    *,
    purpose: str,
    original_name: str,
    by: Actor | Staff | str,
    at: datetime.datetime,
    area: Area | None = None,
    owner: Staff | None = None,
    purge_after: datetime.datetime | None = None,
    limit: int | None = None,
) -> StoredFile:
    """The content is on disk, whole, under a name made here, and its row says whose it is.

    Read piece by piece. Raises DomainError when it is empty or larger than `limit` bytes; then
    nothing stays. The row comes last: a file without a row is a rest that `purge_orphans` removes.
    """
    limit = settings.UPLOAD_MAX_BYTES if limit is None else limit
    path = _new_path(purpose, at)
    full = _full(path)
    full.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        sha256, size = _write(full, _pieces(content), limit)
        if not size:
            raise DomainError("file_is_empty", _("The file is empty."))
        crash.point("file_written")
        return StoredFile.objects.create(
            purpose=purpose,
            original_name=_shown_name(original_name),
            path=str(path),
            sha256=sha256,
            size=size,
            area=area,
            owner_id=owner.pk if owner else None,
            created_at=at,
            created_by=actor_from(by).text[:120],
            purge_after=purge_after,
        )
    except BaseException:
        full.unlink(missing_ok=True)
        raise


def path_of(stored: StoredFile) -> Path:
    """Where the file lies. Raises DomainError when it was purged."""
    if stored.purged_at is not None:
        raise DomainError("file_was_purged", _("The file was removed after its time."))
    return _full(PurePosixPath(stored.path))


def open_stored(stored: StoredFile) -> BinaryIO:
    """The file, open for reading. Raises DomainError when it was purged or is gone."""
    try:
        return path_of(stored).open("rb")
    except FileNotFoundError as error:
        raise DomainError("file_is_gone", _("The file is no longer on the disk.")) from error


def is_whole(stored: StoredFile) -> bool:
    """Whether the file on disk is still the one that was stored."""
    digest = hashlib.sha256()
    with open_stored(stored) as file:
        for piece in iter(lambda: file.read(PIECE_BYTES), b""):
            digest.update(piece)
    return digest.hexdigest() == stored.sha256


def purge(stored: StoredFile, *, by: Actor | Staff | str, at: datetime.datetime) -> None:
    """The content is gone; the row stays and says when. Doing it again changes nothing."""
    if stored.purged_at is not None:
        return
    _full(PurePosixPath(stored.path)).unlink(missing_ok=True)
    stored.purged_at = at
    stored.save(update_fields=["purged_at"])
    audit.record("file.purge", by=by, at=at, target=stored, area=stored.area)


def purge_due(*, at: datetime.datetime) -> int:
    """Files whose time has come are purged; returns how many."""
    due = list(
        StoredFile.objects.filter(purge_after__lte=at, purged_at=None).select_related("area")
    )
    for stored in due:
        purge(stored, by="purge", at=at)
    return len(due)


@contextlib.contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A folder for what one run works on, gone afterwards.

    What a killed run leaves in it is about people: it goes with the rests of uploads
    (`purge_orphans`), which nobody does for the folder of temporary files of the machine.
    """
    home = settings.FILE_UPLOAD_TEMP_DIR
    with tempfile.TemporaryDirectory(prefix=f"{purpose}-", dir=home) as name:
        yield Path(name)


def purge_orphans(*, at: datetime.datetime) -> int:
    """Rests of uploads and runs that were cut off are gone; returns how many files."""
    oldest = (at - ORPHAN_AGE).timestamp()
    removed = 0
    for folder in (settings.MEDIA_ROOT / "kept", Path(settings.FILE_UPLOAD_TEMP_DIR)):
        for file in _older_than(oldest, folder):
            name = file.relative_to(settings.MEDIA_ROOT).as_posix()
            if not StoredFile.objects.filter(path=name).exists():
                file.unlink(missing_ok=True)
                removed += 1
    return removed


def _older_than(oldest: float, folder: Path) -> Iterator[Path]:
    """The files in a folder and below that nobody wrote since; runs may take some away by then."""
    for place, _folders, names in os.walk(folder):
        for name in names:
            file = Path(place, name)
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mtime <= oldest:
                    yield file


def _new_path(purpose: str, at: datetime.datetime) -> PurePosixPath:
    if not purpose.replace("_", "").isalnum() or not purpose.isascii():
        raise ValueError(f"{purpose!r} is no purpose: letters, digits and underscores only")
    return PurePosixPath("kept", purpose, f"{at:%Y-%m}", uuid.uuid4().hex)


def _full(path: PurePosixPath) -> Path:
    root = Path(settings.MEDIA_ROOT).resolve()
    full = (root / path).resolve()
    if not full.is_relative_to(root):
        raise ValueError(f"{path} lies outside the portal's files")
    return full


def _pieces(content: "File[bytes] | BinaryIO | Iterable[bytes]") -> Iterator[bytes]:
    if isinstance(content, File):
        yield from content.chunks(PIECE_BYTES)
    elif hasattr(content, "read"):
        yield from iter(lambda: content.read(PIECE_BYTES), b"")
    else:
        yield from content


def _write(full: Path, pieces: Iterable[bytes], limit: int) -> tuple[str, int]:
    """Digest and size of what now lies on the disk for good."""
    digest = hashlib.sha256()
    size = 0
    descriptor = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > limit:
                raise DomainError(
                    "file_too_large",
                    _("The file is larger than %(limit)s MB; split it and send the parts."),
                    limit=limit // 1024 // 1024,
                )
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _shown_name(original_name: str) -> str:
    """What the sender called the file: the last part, without control characters."""
    name = original_name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in name if sign.isprintable())[:255] or "file"
