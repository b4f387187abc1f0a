"""What walks through the portal share: a small city on the roll, and staff of every role."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bureau.core.choices import Role
from bureau.core.maintenance import ADMINISTRATORS
from enrollment.tests.people.conftest import (  # noqa: F401 (fixtures)
    ZHUANGHE,
    city_on_roll,
    roll,
    staff_of,
)

#: Administrators have no area below the city.
CITY = "210200"


@pytest.fixture
def client_of(staff_of: Callable[..., Any]) -> Callable[..., Client]:  # noqa: F811
    """Signs a member of staff in who has this role in the county (administrators: the city)."""

    def sign_in(role: Role, area: str = "") -> Client:
        is_administrator = role in ADMINISTRATORS
        place = area or (CITY if is_administrator else ZHUANGHE)
        client = Client(headers={"Accept-Language": "zh-CN"})
        client.force_login(staff_of(role, place, is_staff=is_administrator))
        return client

    return sign_in
