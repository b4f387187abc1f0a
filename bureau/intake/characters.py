"""Traditional and variant Chinese characters and the simplified ones that stand for the same."""

from functools import cache
from importlib import resources


@cache
def simplified_characters() -> dict[int, str]:
    """Traditional and variant characters with their simplified form, as OpenCC has them."""
    table = resources.files("opencc").joinpath("dictionary/TSCharacters.txt")
    pairs = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
    return {
        ord(pair[0]): pair[1].split()[0]
        for pair in pairs
        if len(pair) == 2 and pair[0] != pair[1].split()[0]
    }
