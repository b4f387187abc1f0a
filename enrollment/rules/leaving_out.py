"""How a line that is to be left out of a roster says so, where its evidence is written."""

from typing import Final

#: What the column for evidence begins with; the county may write it in a problem file as well.
WORDS: Final = ("不入库", "leave out")


def note_to_leave_out(reason: str) -> str:
    """The text that leaves the line out for this reason."""
    return f"{WORDS[0]}：{reason}"


def reason_to_leave_out(said: str) -> str:
    """Why the line is to be left out; empty when the text says nothing of that, or no reason."""
    text = said.strip()
    for word in WORDS:
        if text.casefold().startswith(word):
            return text[len(word) :].lstrip(" :：,，;；-—")
    return ""
