"""How a sent file reaches the disk before anybody looks at it."""

from __future__ import annotations

import contextlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class OntoDisk(TemporaryFileUploadHandler):
    """Every file goes to the disk; one that finds no room there gives back at once what it took.

    Django leaves the beginning of such a file to the garbage collector: until that comes by, a full
    disk stays full, and whoever sends the file again is refused again.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._room_given_back():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        with self._room_given_back():
            return super().file_complete(file_size)

    @contextlib.contextmanager
    def _room_given_back(self) -> Any:
        try:
            yield
        except OSError:
            # Closing writes what is left in memory, which fails once more and removes the file.
            with contextlib.suppress(OSError):
                self.upload_interrupted()
            raise
