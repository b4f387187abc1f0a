"""The masks of `bureau.core.masking` as lists and files show them: an absent value has its sign."""

from bureau.core import masking
from bureau.ui.formatting import ABSENT


def masked_name(name: str | None) -> str:
    """`王小明` is `王*明`."""
    return masking.name(name) or ABSENT


def masked_number(number: str | None) -> str:
    """`210281199001011234` is `2102**********1234`: neither birth date nor county can be read."""
    return masking.id_number(number) or ABSENT


def masked_text(text: str | None) -> str:
    """A text that people wrote, with every number of a person in it hidden."""
    return masking.numbers_in(text) or ABSENT
