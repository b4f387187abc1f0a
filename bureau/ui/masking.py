"""Personal data as lists and files show them: enough to tell two apart, too little to misuse."""

from bureau.ui.formatting import ABSENT


def masked_name(name: str | None) -> str:
    """The first character stays: `王**`; a name of one character is hidden whole."""
    if not name:
        return ABSENT
    return name[0] + "*" * (len(name) - 1) if len(name) > 1 else "*"


def masked_number(number: str | None) -> str:
    """`210281********1234`: of 15 signs and more the first six and last four stay.

    Shorter numbers (telephone, account, certificate) keep three and four; below eight only the
    last two.
    """
    if not number:
        return ABSENT
    if len(number) >= 15:
        head, tail = 6, 4
    elif len(number) >= 8:
        head, tail = 3, 4
    else:
        head, tail = 0, 2
    hidden = max(len(number) - head - tail, 1)
    return f"{number[:head]}{'*' * hidden}{number[len(number) - tail :] if hidden > 1 else ''}"
