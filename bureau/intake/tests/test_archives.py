"""Archives that are sent back are unpacked within one allowance, and damaged ones are refused."""

import io
import zipfile

import pytest

from bureau.intake import archives
from bureau.intake.problems import SourceRefused, message_of, remedy_of

CONTENT = "户号,姓名\n1,王秀英\n".encode() * 50


def packed(**contents):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"{name}.csv", content)
    return target.getvalue()


def unpacked(content, allowance=None):
    stream = io.BytesIO(content)
    assert archives.is_archive(stream)
    return {
        name: b"".join(pieces)
        for name, pieces in archives.members(stream, allowance or archives.Allowance())
    }


def with_other_method(content):
    """Method 97 (WavPack) in both directories."""
    changed = bytearray(content)
    changed[8] = changed[content.index(b"PK\x01\x02") + 10] = 97
    return bytes(changed)


def damaged_content(content, at=45):
    return content[:at] + bytes(byte ^ 0xFF for byte in content[at : at + 8]) + content[at + 8 :]


DAMAGED = {
    "checksum": lambda content: content.replace(
        zipfile.ZipFile(io.BytesIO(content)).infolist()[0].CRC.to_bytes(4, "little"), b"\1\2\3\4"
    ),
    "deflate": damaged_content,
    "method": with_other_method,
    "names": lambda content: content.replace(b"a.csv", b"b.csv", 1),
    "version": lambda content: (
        content.replace(b"PK\x01\x02" + content[content.index(b"PK\x01\x02") + 4 :][:4],
                        b"PK\x01\x02\x14\x03\xff\x00")
    ),
}  # fmt: skip


def test_files_of_an_archive_come_out_under_their_own_names():
    assert unpacked(packed(a=CONTENT, b=b"x")) == {"a.csv": CONTENT, "b.csv": b"x"}


@pytest.mark.parametrize("way", DAMAGED)
def test_damaged_archives_are_refused(way):
    content = DAMAGED[way](packed(a=CONTENT))
    with pytest.raises(SourceRefused) as refused:
        unpacked(content)
    assert refused.value.problem.code == "FILES_DAMAGED"
    assert message_of(refused.value.problem)
    assert remedy_of(refused.value.problem)


def test_archive_that_packs_far_too_well_is_refused_before_anything_comes_out():
    content = packed(a=bytes(60 * 1024**2))
    with pytest.raises(SourceRefused) as refused:
        next(archives.members(io.BytesIO(content), archives.Allowance()))
    assert refused.value.problem.code == "FILES_RATIO"
    assert message_of(refused.value.problem)


def test_archives_sent_together_share_one_allowance():
    content = packed(a=CONTENT, b=CONTENT)
    allowance = archives.Allowance(3 * len(CONTENT))
    assert len(unpacked(content, allowance)) == 2
    with pytest.raises(SourceRefused) as refused:
        unpacked(content, allowance)
    assert refused.value.problem.code == "FILES_TOO_LARGE"
    assert str(3 * len(CONTENT)) in message_of(refused.value.problem)
