"""Finding people by what somebody types: a number, its end, a name or part of it, or its initials.

Each way is served by an index of its own, so the ways are asked one after the other and never
joined in one condition. The scope is part of every query; none gives more than some fifty hits.
"""

import dataclasses
import re
import unicodedata
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Lookup, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Reverse
from django.utils.translation import gettext_lazy as _

from bureau.core.errors import DomainError
from enrollment.choices import IdentifierKind
from enrollment.models import HouseholdMember, Person, PersonIdentifier
from enrollment.models.people import Characters
from enrollment.rules import identity, names

#: Hits shown for one query.
MOST_HITS: Final = 50
#: Fewer letters or digits would find half the city.
SHORTEST_INITIALS: Final = 2
FEWEST_LAST_SIGNS, MOST_LAST_SIGNS = 4, 6
#: Digits of a file number as it is printed.
FILE_NO_DIGITS: Final = 12
_TELEPHONE = re.compile(r"[0-9]{7,12}")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """How one typed word asks for people: by which kind of key, and conditions, likeliest first."""

    kind: str
    conditions: tuple[Q, ...]


def wanted_by(word: str) -> Wanted:
    """What the word is, told by its shape.

    An identity number or its last four to six signs, the number of a file, a scheme, a household or
    a telephone, a name in full or in part, or the initials of a name. Raises DomainError for a word
    too short to tell people apart, or of which nothing can be looked for.
    """
    number = identity.clean_number(word).text
    if number and number.isascii() and number.isalnum() and any(map(str.isdigit, number)):
        return _by_number(number)
    plain = unicodedata.normalize("NFKC", word).strip()
    if plain.isascii() and plain.replace(" ", "").isalpha():
        return _by_letters(plain)
    key = names.comparison_form(plain)
    if any(sign.isalpha() for sign in key):
        return _by_name(key)
    if any(map(str.isalnum, plain)):
        return Wanted("number", (holds(plain), in_household(plain)))
    raise DomainError("nothing_to_search", _("Type a number, a name, or the initials of a name."))


def _by_number(number: str) -> Wanted:
    if len(number) < FEWEST_LAST_SIGNS:
        raise DomainError(
            "too_few_digits",
            _("Give at least the last %(least)s digits of a number."),
            least=FEWEST_LAST_SIGNS,
        )
    if len(number) <= MOST_LAST_SIGNS:
        return Wanted("last signs", (_ends_in(number), in_household(number)))
    conditions = [holds(number)]
    if len(number) == FILE_NO_DIGITS and number.isdigit():
        conditions.append(Q(pk=int(number)))
    if _TELEPHONE.fullmatch(number):
        conditions.append(Q(phone=number))
    conditions.append(in_household(number))
    return Wanted("number", tuple(conditions))


def _by_letters(letters: str) -> Wanted:
    initials = letters.replace(" ", "").lower()
    if len(initials) < SHORTEST_INITIALS:
        raise DomainError(
            "too_few_letters",
            _("Give at least %(least)s letters of the initials."),
            least=SHORTEST_INITIALS,
        )
    return Wanted(
        "initials",
        (
            Q(name_initials__startswith=initials),
            Q(name_initials__contains=f" {initials}"),
            # A name may be written in Latin letters itself.
            Q(name_key=names.comparison_form(letters)),
        ),
    )


def _by_name(key: str) -> Wanted:
    """The whole name first, then names that begin with it, then those in which it stands.

    The characters enter the index; what they find is compared in full.
    """
    characters = Value(sorted(set(key)), output_field=ArrayField(TextField()))
    has_all = Q(HasCharacters(Characters("name_key"), characters))
    return Wanted(
        "name",
        (
            Q(name_key=key),
            has_all & Q(name_key__startswith=key),
            has_all & Q(name_key__contains=key),
        ),
    )


class HasCharacters(ArrayField.get_lookups()["contains"]):  # type: ignore[misc]
    """All of these characters stand in the name, in whatever order."""


def _among(people: QuerySet[Any]) -> Q:
    """Those of a query that gives people, which is asked first and by itself.

    Joined, it would be taken for hundreds of times as many, and with a limit the planner would
    rather walk over the whole city until it has met enough of them.
    """
    return Q(IsAnyOf(F("pk"), ArraySubquery(people)))


class IsAnyOf(Lookup):
    """The key is one of an array of them."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        key, key_values = self.process_lhs(compiler, connection)
        array, array_values = self.process_rhs(compiler, connection)
        return f"{key} = ANY({array})", (*key_values, *array_values)


def holds(number: str) -> Q:
    """Holders of exactly this number, whoever issued it."""
    return _among(PersonIdentifier.objects.filter(number=number).values("person"))


def _ends_in(signs: str) -> Q:
    """Holders of an identity number with these last signs; enters the index of reversed numbers."""
    holders = (
        PersonIdentifier.objects.filter(kind=IdentifierKind.RESIDENT_ID)
        .annotate(reversed_number=Reverse(Cast("number", TextField())))
        .filter(reversed_number__startswith=signs[::-1].upper())
    )
    return _among(holders.values("person"))


def in_household(number: str) -> Q:
    """Members of a household of this number, in whatever scheme and place."""
    members = HouseholdMember.objects.filter(household__number=number.strip())
    return _among(members.values("person"))


def hits(rows: QuerySet[Person], wanted: Wanted) -> list[int]:
    """The people among the rows who are wanted, likeliest first; at most one more than is shown."""
    found: dict[int, None] = {}
    for condition in wanted.conditions:
        missing = MOST_HITS + 1 - len(found)
        if missing <= 0:
            break
        # Without an order the index is left as soon as there are enough.
        keys: Any = rows.filter(condition).order_by().values_list("pk", flat=True)
        found |= dict.fromkeys(keys[: missing + len(found)])
    return list(found)[: MOST_HITS + 1]
