"""The control row of an export: one invented person by whom a file that got about is known again.

Its identity number begins with 79, which is no division: it is nobody's number, and a roster that
holds it is never applied by itself. Name, day and number follow from the export's number and the
installation's secret key, so that nobody can tell the row from others or make one up.
"""

import datetime
import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings

#: No division of GB/T 2260 begins so.
PREFIX = "79"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗"
GIVEN = "建国志强秀英桂兰丽娜文军海燕春梅晓明玉珍永红"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"


@dataclass(frozen=True)
class Canary:
    """The invented person of one export, and after how many of each 1,000 rows it stands."""

    name: str
    number: str
    birth_on: datetime.date
    is_male: bool
    place: int


def canary_of(export_number: str) -> Canary:
    """The invented person of this export: always the same one, and no other export's."""
    seed = hmac.new(
        settings.SECRET_KEY.encode(), f"canary {export_number}".encode(), hashlib.sha256
    ).digest()
    day = datetime.date(1950, 1, 1) + datetime.timedelta(
        days=int.from_bytes(seed[0:4], "big") % (365 * 50)
    )
    division = PREFIX + f"{int.from_bytes(seed[4:8], 'big') % 10_000:04d}"
    sequence = f"{1 + int.from_bytes(seed[8:10], 'big') % 994:03d}"
    first17 = division + f"{day:%Y%m%d}" + sequence
    name = SURNAMES[seed[10] % len(SURNAMES)] + GIVEN[seed[11] % len(GIVEN)]
    name += GIVEN[seed[12] % len(GIVEN)]
    return Canary(
        name=name,
        number=first17 + _check_character(first17),
        birth_on=day,
        is_male=int(sequence[2]) % 2 == 1,
        place=int.from_bytes(seed[13:15], "big") % 1000,
    )


def _check_character(first17: str) -> str:
    """By ISO 7064 MOD 11-2, as in GB 11643."""
    return CHECK_CHARACTERS[sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True)) % 11]
