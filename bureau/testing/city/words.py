"""Lists of words written as one text, which stays legible where quoted strings would not."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())
