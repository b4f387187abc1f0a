"""Identity numbers of invented people: of GB 11643 form, valid, and each issued once."""

from random import Random

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"

#: GB/T 2260 assigns this code to nobody, so that no number under it can be somebody's.
RESERVED_CODE = "210299"

#: Codes of counties elsewhere in which people who moved in registered, some abolished since.
OTHER_PROVINCES = (
    "210381", "210323", "210682", "210882", "210881", "211224", "211282", "220322", "220183",
    "230184", "231024", "231083", "150428", "150404", "130828", "341221", "341622", "370786",
    "370681", "371082", "410281", "412824", "420684", "510902", "511026", "512924", "522121",
    "532128", "610323", "620422",
)  # fmt: skip

#: Code on identity cards by area of registration: (last year of birth it is used for, code).
#: Codes change when a county becomes a city or a district; the numbers of its people do not.
CODES_BY_BIRTH_YEAR: dict[str, tuple[tuple[int, str], ...]] = {
    "210213": ((1986, "210221"), (9999, "210213")),
    "210214": ((1976, "210222"), (2014, "210282"), (9999, "210214")),
    "210281": ((1974, "210219"), (9999, "210281")),
    "210283": ((1976, "210225"), (9999, "210283")),
    "210291": ((9999, "210211"),),
    "210294": ((1974, "210219"), (9999, "210281")),
}

_SEQUENCE_SUMS = tuple(
    (number // 100) * WEIGHTS[14] + (number // 10 % 10) * WEIGHTS[15] + (number % 10) * WEIGHTS[16]
    for number in range(1000)
)
_SEQUENCES = tuple(f"{number:03d}" for number in range(1000))


def check_character(first_17: str) -> str:
    """The eighteenth character for seventeen digits.

    Source: GB 11643, ISO 7064 MOD 11-2.
    """
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def is_valid(number: str) -> bool:
    """Whether eighteen characters carry the right check character."""
    return (
        len(number) == 18
        and number[:17].isascii()
        and number[:17].isdigit()
        and check_character(number[:17]) == number[17]
    )


def as_15_digits(number: str) -> str:
    """The old form of a number: no century and no check character; only for births before 2000."""
    return number[:6] + number[8:17]


class NumberOffice:
    """Issues numbers; two people never get the same one unless the caller hands one out twice.

    Memory grows with the distinct pairs of code and birth date, not with people.
    """

    def __init__(self, random: Random, *, reserved: bool = False) -> None:
        self._random = random.random
        self._reserved = reserved
        self._positions: dict[str, int] = {}
        self._code_sums: dict[str, int] = {}
        self._birth_sums: dict[str, int] = {}

    def code_for(self, area: str, birth_year: int) -> str:
        """The area code on the card of a person registered at birth in an area."""
        if self._reserved:
            return RESERVED_CODE
        if self._random() < 0.04:
            return OTHER_PROVINCES[int(self._random() * len(OTHER_PROVINCES))]
        for last_year, code in CODES_BY_BIRTH_YEAR.get(area, ()):
            if birth_year <= last_year:
                return code
        return area

    def issue(self, area: str, birth: str, *, male: bool) -> str:
        """A number never issued before, for a birth date written YYYYMMDD."""
        code = self.code_for(area, int(birth[:4]))
        key = code + birth + ("1" if male else "0")
        position = self._positions.get(key)
        # 500 numbers exist for a code, a day and a sex; steps of 37 visit each of them once.
        position = int(self._random() * 500) if position is None else (position + 37) % 500
        self._positions[key] = position
        sequence = position * 2 + male
        total = (
            _weighted(self._code_sums, code, WEIGHTS[:6])
            + _weighted(self._birth_sums, birth, WEIGHTS[6:14])
            + _SEQUENCE_SUMS[sequence]
        )
        return code + birth + _SEQUENCES[sequence] + CHECK_CHARACTERS[total % 11]


def _weighted(known: dict[str, int], digits: str, weights: tuple[int, ...]) -> int:
    total = known.get(digits)
    if total is None:
        total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
        known[digits] = total
    return total
