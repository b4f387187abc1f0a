"""Makes families: who lives together, of what age and name, and who is in which scheme."""

from random import Random

from bureau.testing.city.names import NameGiver, rare_characters
from bureau.testing.city.numbers import NumberOffice
from bureau.testing.city.people import DAYS, YEAR_STARTS, Household, Person
from bureau.testing.city.places import County, Town
from bureau.testing.city.words import words

#: Kinds of household with their share in a hundred.
SINGLE, COUPLE, PARENT_AND_CHILD, NUCLEAR, WITH_PARENTS, THREE_GENERATIONS = range(6)
KINDS = (
    [SINGLE] * 16 + [COUPLE] * 13 + [PARENT_AND_CHILD] * 8
    + [NUCLEAR] * 46 + [WITH_PARENTS] * 8 + [THREE_GENERATIONS] * 9
)  # fmt: skip
LAST_YEAR = 2019
ETHNICITIES = (
    ["满"] * 500 + ["蒙古"] * 43 + ["回"] * 19 + ["朝鲜"] * 14 + ["锡伯"] * 13 + ["土家"] * 5
    + ["壮"] * 4 + ["苗", "维吾尔"]
)  # fmt: skip
PHONE_HEADS = words(
    "130 131 132 134 135 136 137 138 139 150 151 152 155 156 158 159 177 182 186 187 188 189"
)

Member = tuple[str, bool, str]  # relation, male, birth date


class HouseholdMaker:
    """Makes one household after another with people numbered from nought."""

    def __init__(self, random: Random, names: NameGiver, numbers: NumberOffice) -> None:
        self._random = random.random
        self._names = names
        self._numbers = numbers
        self.people_made = 0
        self.households_made = 0

    def make(
        self, county: County, town: Town, village: int, number: int, *, at_most: int
    ) -> Household:
        """A new family of at most so many people."""
        rural = self._random() < county.rural_share
        household = self.place(county, town, village, number, rural=rural)
        members = self._family()[:at_most]
        surname = self._names.surname()
        ethnicity = self._ethnicity()
        special = self._special(rural=rural)
        phone = self._phone()
        for relation, male, birth in members:
            # Children and the men of the house bear its surname; women marry in with their own.
            stranger = not male and relation not in {"child", "grandchild"}
            self.add_person(
                household,
                relation=relation,
                male=male,
                birth=birth,
                surname=self._names.surname() if stranger else surname,
                ethnicity=self._ethnicity() if stranger else ethnicity,
                special=special if special != "残疾" or relation == "head" else "普通",
                phone=phone,
            )
        self._mark_twins(household)
        return household

    def place(
        self, county: County, town: Town, village: int, number: int, *, rural: bool
    ) -> Household:
        """An empty household."""
        self.households_made += 1
        group = 1 + int(self._random() * 9)
        return Household(self.households_made - 1, county, town, village, number, group, rural)

    def add_person(
        self,
        household: Household,
        *,
        relation: str,
        male: bool,
        birth: str,
        surname: str,
        ethnicity: str = "汉",
        special: str = "普通",
        phone: str = "",
        name: str | None = None,
        number: str | None = None,
    ) -> Person:
        """A new person in a household; name and number come by chance unless they are given."""
        chance = self._random
        year = int(birth[:4])
        area = household.county.code
        if name is None:
            name = (
                self._names.minority_name(ethnicity, male=male) if ethnicity != "汉" else None
            ) or self._names.full_name(surname, year, male=male)
        flags: tuple[str, ...] = ()
        marks: tuple[str, ...] = ()
        if 1996 <= year <= 2012:
            flags = ("student",)
        elif year == LAST_YEAR:
            flags = ("newborn",)
        elif year < 1962 and household.rural and chance() < 0.009:
            flags = ("deceased",)
        if 1960 < year < 1996 and chance() < 0.2:
            flags = (*flags, "migrant")
        if number is None:
            number = self._numbers.issue(area, birth, male=male)
        if number.endswith("000"):
            marks = ("ID_ENDS_000",)
        if rare_characters(name):
            marks = (*marks, "NAME_RARE")
        draw = chance()
        person = Person(
            self.people_made,
            name,
            male,
            birth,
            number,
            ethnicity,
            relation,
            area,
            special,
            self._phone() if draw < 0.4 else phone if draw < 0.85 else "",
            flags,
            self._sources(household, year),
            household,
            marks,
        )
        self.people_made += 1
        household.members.append(person)
        return person

    def _sources(self, household: Household, birth_year: int) -> tuple[str, ...]:
        """The schemes a person is in; two at once is what the merger is to find."""
        draw = self._random()
        working = 1959 < birth_year < 2000
        if household.rural:
            rural = f"NCMS{household.county.code}"
            if working:
                if draw < 0.045:
                    return (rural, "UEBMI")
                return (rural, "URBMI") if draw < 0.07 else (rural,)
            return (rural, "URBMI") if draw < (0.075 if birth_year > 1995 else 0.04) else (rural,)
        if draw < 0.004 and birth_year < 2000:
            return ("URBMI", "UEBMI")
        employed = 0.82 if working else 0.5 if birth_year <= 1959 else 0.0
        return ("UEBMI",) if self._random() < employed else ("URBMI",)

    def _family(self) -> list[Member]:
        chance = self._random
        kind = KINDS[int(chance() * 100)]
        if kind == SINGLE:
            return [("head", chance() < 0.55, self.birth(1926, 1996))]
        if kind == COUPLE:
            return self._couple(self.birth(1928, 1992))
        if kind == PARENT_AND_CHILD:
            head = self.birth(1940, 1994)
            return [("head", chance() < 0.4, head), ("child", chance() < 0.52, self._child(head))]
        if kind == NUCLEAR:
            couple = self._couple(self.birth(1956, 1994))
            return couple + self._children(couple[-1][2], "child")
        if kind == WITH_PARENTS:
            couple = self._couple(self.birth(1962, 1990))
            children = self._children(couple[-1][2], "child")
            father = self.birth(int(couple[0][2][:4]) - 30, int(couple[0][2][:4]) - 21)
            parents = [("parent", True, father), ("parent", False, self._spouse(father))]
            kept = parents if chance() < 0.5 else parents[int(chance() * 2) :][:1]
            return couple + children + kept
        couple = self._couple(self.birth(1945, 1968))
        son = self._child(couple[-1][2])
        wife = self._spouse(son)
        family = [*couple, ("child", True, son), ("in-law", False, wife)]
        return family + self._children(wife, "grandchild") if int(son[:4]) < 1996 else family

    def _couple(self, head: str) -> list[Member]:
        male = self._random() < 0.9
        return [("head", male, head), ("spouse", not male, self._spouse(head))]

    def _children(self, mother: str, relation: str) -> list[Member]:
        chance = self._random
        first = self._child(mother)
        children = [(relation, chance() < 0.53, first)]
        if chance() < 0.38:
            later = int(first[:4]) + 2 + int(chance() * 6)
            twin = chance() < 0.02
            if twin or later <= LAST_YEAR:
                birth = first if twin else self.birth(later, later)
                children.append((relation, chance() < 0.53, birth))
        return children

    def _child(self, mother: str) -> str:
        year = int(mother[:4]) + 21 + int(self._random() * 10)
        if year > LAST_YEAR:
            year = LAST_YEAR - int(self._random() * 6)
        return self.birth(year, year)

    def _spouse(self, other: str) -> str:
        year = int(other[:4]) + int(self._random() * 9) - 4
        return self.birth(year, year)

    def birth(self, first_year: int, last_year: int) -> str:
        """A day of birth in a range of years."""
        start = YEAR_STARTS[max(first_year, 1920)]
        end = YEAR_STARTS[min(max(last_year, 1920) + 1, LAST_YEAR + 1)]
        return DAYS[start + int(self._random() * (end - start))]

    def _mark_twins(self, household: Household) -> None:
        members = household.members
        for place in range(1, len(members)):
            one, other = members[place - 1], members[place]
            if one.birth == other.birth and one.relation == other.relation != "head":
                one.flags, other.flags = (*one.flags, "twin"), (*other.flags, "twin")
                one.entangled.append((other, "twins"))
                other.entangled.append((one, "twins"))

    def _ethnicity(self) -> str:
        draw = self._random()
        return "汉" if draw < 0.85 else ETHNICITIES[int((draw - 0.85) / 0.15 * len(ETHNICITIES))]

    def _special(self, *, rural: bool) -> str:
        draw = self._random()
        if not rural or draw > 0.13:
            return "普通"
        for until, group in ((0.045, "低保"), (0.07, "建档立卡"), (0.078, "五保特困")):
            if draw < until:
                return group
        return "优抚" if draw < 0.081 else "残疾"

    def _phone(self) -> str:
        draw = self._random()
        return PHONE_HEADS[int(draw * len(PHONE_HEADS))] + f"{int(self._random() * 1e8):08d}"
