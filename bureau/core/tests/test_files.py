"""Stored files: whole or not at all, under names of the portal's own."""

import datetime
import hashlib
import io
import os

import pytest

from bureau.core import clock, files
from bureau.core.errors import DomainError
from bureau.core.models import StoredFile

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "incoming")
    return tmp_path


def store(content, name="名册.csv", **more):
    return files.store(
        content, purpose="roster", original_name=name, by="test", at=clock.now(), **more
    )


def on_disk(root):
    return [p for p in root.rglob("*") if p.is_file()]


def test_the_content_is_kept_with_size_and_digest(root):
    content = os.urandom(3_000_000)
    stored = store(io.BytesIO(content))
    assert (stored.size, stored.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    with files.open_stored(stored) as file:
        assert file.read() == content
    assert files.path_of(stored).stat().st_mode & 0o777 == 0o600
    assert "csv" not in stored.path


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\机密\\名册.xlsx", "名册.xlsx"),
        ("a\x00b\n.csv", "ab.csv"),
        ("", "file"),
        ("名" * 300 + ".csv", "名" * 255),
        ("名册\u202exslx.csv", "名册xslx.csv"),
        ('a"; filename="b.exe\r\nSet-Cookie: x=1', 'a"; filename="b.exeSet-Cookie: x=1'),
    ],
)
def test_the_senders_name_is_only_shown(sent, shown, root):
    stored = store([b"x"], name=sent)
    assert stored.original_name == shown
    assert files.path_of(stored).is_relative_to(root)


@pytest.mark.parametrize(
    ("content", "code"), [([], "file_is_empty"), ([b"12345"], "file_too_large")]
)
def test_a_refused_file_leaves_nothing(content, code, root):
    with pytest.raises(DomainError) as refused:
        store(content, limit=4)
    assert refused.value.code == code
    assert on_disk(root) == []
    assert not StoredFile.objects.exists()


def test_a_sender_who_breaks_off_leaves_nothing(root):
    def breaks_off():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store(breaks_off())
    assert on_disk(root) == []


def test_purging_removes_the_content_and_keeps_the_row(root):
    past = clock.now() - datetime.timedelta(days=1)
    due, kept = store([b"1"], purge_after=past), store([b"2"])
    assert files.purge_due(at=clock.now()) == 1
    assert files.purge_due(at=clock.now()) == 0
    due.refresh_from_db()
    with pytest.raises(DomainError) as refused:
        files.open_stored(due)
    assert refused.value.code == "file_was_purged"
    assert len(on_disk(root)) == 1
    assert files.is_whole(kept)


def test_what_a_killed_run_left_in_its_folder_is_purged_with_the_rests_of_uploads(
    settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "incoming")
    (tmp_path / "incoming").mkdir()
    with files.scratch_folder("linkage") as folder:
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "people").write_text("names")
        assert files.purge_orphans(at=clock.now()) == 0
        assert files.purge_orphans(at=clock.now() + datetime.timedelta(days=2)) == 1
    assert not folder.exists()


def test_rests_of_uploads_are_removed_when_old(root):
    kept = store([b"kept"])
    rest = files.path_of(kept).parent / "rest"
    rest.write_bytes(b"half")
    assert files.purge_orphans(at=clock.now()) == 0
    assert files.purge_orphans(at=clock.now() + datetime.timedelta(days=2)) == 1
    assert on_disk(root) == [files.path_of(kept)]


def test_a_changed_file_is_noticed():
    stored = store([b"content"])
    files.path_of(stored).write_bytes(b"tamper!")
    assert not files.is_whole(stored)


def test_a_path_outside_is_refused():
    with pytest.raises(ValueError, match="outside"):
        files.path_of(StoredFile(path="../../etc/passwd"))
