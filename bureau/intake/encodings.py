"""Which character encoding a text file is written in, and decoding that loses no byte silently.

Order of belief: byte order mark, UTF-16 by its zero bytes, UTF-8, then GB18030 (which contains GBK
and GB 2312) against Big5 by what Chinese text usually contains.
"""

import codecs
import dataclasses
import re
from typing import Protocol

from bureau.intake.shapes import Problem

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A byte that is no character becomes this noncharacter and two hexadecimal digits while the text is
# cut into rows, and then the visible text \xNN. Unicode reserves it for such internal use.
BROKEN = "\ufdd0"
BROKEN_BYTES = re.compile(BROKEN + "([0-9A-F]{2})")
# Stands before a line that was decoded by another encoding than its file.
OTHER_ENCODING = "\ufdd1"
REPLACEMENT = "\ufffd"
# Three Chinese characters in UTF-8, one after the other; hardly ever met in GBK text.
UTF8_RUN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){3}")

# Signs that steer terminals and never stand in a table. A few strays do no harm; what holds many
# kinds of them is a program, a picture or a ruin. NUL and the escape are not among them: copied
# disks and old terminals leave those in tables.
STEERING = frozenset(map(chr, {*range(1, 9), *range(14, 32)} - {0x1A, 0x1B}))
STEERING_KINDS = 8
STEERING_SHARE = 0.01

# Bytes without a line end that are decoded rather than kept waiting for one.
LONGEST_REST = 8 * 1024**2
HIGH_BYTES = bytes(range(0x80, 0x100))
ESCAPED_BYTES = [chr(0xDC00 + byte) for byte in HIGH_BYTES]
# Real UTF-8 text has no invalid sequence; text in another encoding has one for most of its
# characters. A file with fewer than this share is UTF-8 with broken places.
UTF8_ERROR_SHARE = 0.05
# Simplified Chinese text stays almost wholly in the GB 2312 plane; Big5 text read as GBK falls
# outside it for about two characters in five.
BIG5_SUSPICION = 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding (a codec name), whether a byte order mark precedes, and doubts about it."""

    name: str
    bom: bool = False
    warnings: tuple[Problem, ...] = ()

    @property
    def mark_bytes(self) -> int:
        """The number of bytes before the first character."""
        if not self.bom:
            return 0
        return next(len(mark) for mark, name in MARKS if name == self.name)


class Decoder(Protocol):
    """What `incremental_decoder` returns."""

    def decode(self, data: bytes, final: bool = False, /) -> str: ...


def _mark_broken(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    # Only the first byte is given up, so that a broken lead byte cannot eat a delimiter.
    return f"{BROKEN}{error.object[error.start]:02X}", error.start + 1


codecs.register_error("bureau_mark_broken", _mark_broken)


class ChineseDecoder:
    """GB18030, with single lines in UTF-8 as files glued together from two programs have them.

    Read as GB18030 such a line becomes other characters and may lose a delimiter; it betrays itself
    by broken bytes, and only then are the lines looked at one by one.
    """

    def __init__(self) -> None:
        self._rest = b""

    def decode(self, data: bytes, final: bool = False, /) -> str:
        """The text of all lines that are complete in `data` and what was left before."""
        data = self._rest + data
        # No character of GB18030 contains the byte of a line end.
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if final or len(data) - end > LONGEST_REST:
            end = len(data)
        whole, self._rest = data[:end], data[end:]
        text = whole.decode("gb18030", "bureau_mark_broken")
        if BROKEN in text and UTF8_RUN.search(whole):
            text = "\n".join(map(self._line, whole.split(b"\n")))
        return text

    def _line(self, line: bytes) -> str:
        if UTF8_RUN.search(line):
            try:
                return OTHER_ENCODING + line.decode("utf-8")
            except UnicodeDecodeError:
                pass
        return line.decode("gb18030", "bureau_mark_broken")


def incremental_decoder(encoding: str) -> Decoder:
    """A decoder that marks bytes which are no characters instead of dropping them."""
    if encoding == "gb18030":
        return ChineseDecoder()
    return codecs.getincrementaldecoder(encoding)(errors="bureau_mark_broken")


class Utf8Check:
    """Counts what is not UTF-8 while a file passes by in chunks; stops once the answer is clear."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        self._given_up = False
        self.errors = 0
        self.non_ascii = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk into account."""
        if self._given_up or (chunk.isascii() and not self._decoder.getstate()[0]):
            return
        text = self._decoder.decode(chunk)
        self.non_ascii += len(chunk) - len(chunk.translate(None, HIGH_BYTES))
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.errors += sum(map(text.count, ESCAPED_BYTES))
            self._given_up = self.errors > 1000 and not self.mostly_utf8

    def finish(self) -> None:
        """Count a character cut off at the end of the file."""
        self.errors += len(self._decoder.getstate()[0])

    @property
    def mostly_utf8(self) -> bool:
        """Whether what was met is UTF-8 with at most a few broken places."""
        return self.errors <= self.non_ascii / 3 * UTF8_ERROR_SHARE


def is_no_text(text: str) -> bool:
    """Whether what was decoded is no text, but bytes that happened to be characters."""
    steering = [sign for sign in text if sign in STEERING]
    return len(set(steering)) >= STEERING_KINDS and len(steering) > STEERING_SHARE * len(text)


def detect(samples: list[bytes], seen: Utf8Check) -> Encoding:
    """The encoding of a file, from samples of it (the first is its beginning) and `seen`."""
    head = samples[0]
    for mark, name in MARKS:
        if head.startswith(mark):
            return _with_doubts(name, bom=True, broken=name == "utf-8" and seen.errors > 0)
    wide = _utf16_by_zero_bytes(head)
    if wide:
        return Encoding(wide, warnings=(_doubt("ENCODING_UNCERTAIN", wide),))
    if seen.errors == 0:
        return Encoding("utf-8")
    if seen.mostly_utf8:
        return _with_doubts("utf-8", bom=False, broken=True)
    return _chinese_double_byte(samples)


def _with_doubts(name: str, *, bom: bool, broken: bool) -> Encoding:
    return Encoding(name, bom, warnings=(_doubt("ENCODING_MIXED", name),) if broken else ())


def _doubt(code: str, encoding: str) -> Problem:
    return Problem(code=code, value=encoding.upper())


def _utf16_by_zero_bytes(head: bytes) -> str | None:
    """UTF-16 without a mark shows itself by the zero halves of ASCII digits and line ends."""
    even, odd = head[0 : 1 << 16 : 2], head[1 : 1 << 16 : 2]
    if not odd:
        return None
    zeros_even, zeros_odd = even.count(0) / len(even), odd.count(0) / len(odd)
    if zeros_odd > 0.2 and zeros_even < 0.02:
        return "utf-16-le"
    if zeros_even > 0.2 and zeros_odd < 0.02:
        return "utf-16-be"
    return None


DOUBLE_BYTES = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")


def _chinese_double_byte(samples: list[bytes]) -> Encoding:
    pairs = outside = 0
    for sample in samples:
        for pair in DOUBLE_BYTES.findall(sample):
            pairs += 1
            outside += pair[1] < 0xA1 or not 0xA1 <= pair[0] <= 0xF7
    if pairs and outside / pairs > BIG5_SUSPICION and _decodes(samples, "big5hkscs"):
        return Encoding("big5hkscs", warnings=(_doubt("ENCODING_UNCERTAIN", "Big5"),))
    broken = not _decodes(samples, "gb18030")
    return _with_doubts("gb18030", bom=False, broken=broken)


def _decodes(samples: list[bytes], encoding: str) -> bool:
    """Whether every sample decodes strictly; a character cut off at a sample's end is no error."""
    for sample in samples:
        try:
            codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            return False
    return True
