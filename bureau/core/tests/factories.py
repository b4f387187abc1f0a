"""Areas and staff for tests: two counties with mirrored staff."""

import datetime

from django.db.backends.postgresql.psycopg_any import DateRange

from bureau.core.choices import AreaLevel, Role
from bureau.core.models import Area, RoleGrant, Staff

PASSWORD = "Summer-rain-2016"
ALWAYS = DateRange(datetime.date(2016, 1, 1), None)


def city() -> Area:
    """Dalian, with the counties Wafangdian and Zhuanghe; made once per test."""
    found, _made = Area.objects.get_or_create(
        code="210200", defaults={"name": "大连市", "level": AreaLevel.CITY}
    )
    return found


def county(code: str = "210281", name: str = "瓦房店市") -> Area:
    """A county-level area of the city."""
    found, _made = Area.objects.get_or_create(
        code=code,
        defaults={
            "name": name,
            "level": AreaLevel.COUNTY,
            "parent": city(),
            "is_pooling_area": True,
        },
    )
    found.refresh_from_db()
    return found


def staff(
    username: str = "wang", *grants: tuple[Role, Area], password: str | None = PASSWORD, **fields
) -> Staff:
    """An account with a fresh password and these roles; `staff_no` follows from the name."""
    fields = {
        "full_name": "王小明",
        "staff_no": f"N-{username}"[:20],
        "password_changed_at": datetime.datetime.now(datetime.UTC),
    } | fields
    made = Staff.objects.create_user(username, password, **fields)
    for role, area in grants:
        RoleGrant.objects.create(staff=made, role=role, area=area, period=ALWAYS)
    return made
