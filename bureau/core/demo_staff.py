"""Accounts of the demonstration: each role in two counties and in the city, one known password."""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from bureau.core.choices import Role
from bureau.core.models import Area, RoleGrant, Staff

#: Known to everybody; the accounts work only while BUREAU_DEMO is set.
PASSWORD = "Dalian-2016-demo"  # noqa: S105

CITY = "210200"
#: County code and the beginning of its accounts' user names.
COUNTIES = {"210281": "wfd", "210283": "zh"}

#: User name after the prefix, roles, name in Chinese, name in English, per county.
COUNTY_POSTS = {
    "210281": [
        ("viewer", [Role.VIEWER], "孙晓梅", "Sun Xiaomei"),
        ("clerk", [Role.CLERK], "王丽", "Wang Li"),
        ("reviewer", [Role.REVIEWER], "李国强", "Li Guoqiang"),
        ("accountant", [Role.ACCOUNTANT], "于静", "Yu Jing"),
    ],
    "210283": [
        ("viewer", [Role.VIEWER], "曲海燕", "Qu Haiyan"),
        ("clerk", [Role.CLERK], "刘洋", "Liu Yang"),
        ("reviewer", [Role.REVIEWER], "张建华", "Zhang Jianhua"),
        ("accountant", [Role.ACCOUNTANT], "姜敏", "Jiang Min"),
    ],
}
CITY_POSTS = [
    ("city_clerk", [Role.CLERK], "赵晨", "Zhao Chen"),
    ("city_reviewer", [Role.REVIEWER], "陈志远", "Chen Zhiyuan"),
    ("city_fund", [Role.ACCOUNTANT], "吴倩", "Wu Qian"),
    ("city_fund_review", [Role.FUND_REVIEWER], "徐文博", "Xu Wenbo"),
    ("agreements", [Role.AGREEMENT_OFFICER], "宋佳", "Song Jia"),
    ("catalogue", [Role.CATALOGUE_OFFICER], "林雪", "Lin Xue"),
    ("policy", [Role.POLICY_OFFICER], "韩东", "Han Dong"),
    ("director", [Role.DIRECTOR], "周明", "Zhou Ming"),
    ("sysadmin", [Role.SYSTEM_ADMINISTRATOR], "高飞", "Gao Fei"),
    ("secadmin", [Role.SECURITY_ADMINISTRATOR], "郭宁", "Guo Ning"),
    ("auditor", [Role.AUDITOR], "邹颖", "Zou Ying"),
    # Roles, accounts and resets need a second security administrator.
    ("secadmin2", [Role.SECURITY_ADMINISTRATOR], "孟华", "Meng Hua"),
]

#: The administrators' pages are open to those who hold one of the administrators' roles.
MAINTENANCE_ROLES = {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR}

FIRST_DAY = datetime.date(2016, 1, 1)


@dataclass(frozen=True)
class Account:
    """One line of the table that the demonstration prints."""

    username: str
    name: str
    roles: str
    area: str
    password: str


@transaction.atomic
def make_demonstration_staff(*, at: datetime.datetime) -> list[Account]:
    """Every account exists with its roles and the known password; raises outside demo mode.

    Areas must be loaded. Running it again changes nothing but a password someone has changed.
    """
    if not settings.DEMO:
        raise RuntimeError("demonstration accounts are made only in demonstration mode")
    areas = {area.code: area for area in Area.objects.filter(code__in=[CITY, *COUNTIES])}
    posts = [(f"{COUNTIES[c]}_{p[0]}", *p[1:], areas[c]) for c in COUNTIES for p in COUNTY_POSTS[c]]
    posts += [(*post, areas[CITY]) for post in CITY_POSTS]
    return [_account(number, *post, at=at) for number, post in enumerate(posts, start=1)]


def _account(
    number: int,
    username: str,
    roles: list[Role],
    name: str,
    name_en: str,
    area: Area,
    *,
    at: datetime.datetime,
) -> Account:
    full_name = f"{name} [{name_en}]"
    staff, _made = Staff.objects.get_or_create(
        username=username,
        defaults={
            "full_name": full_name,
            "staff_no": f"DEMO{number:03d}",
            "is_demonstration": True,
            "is_staff": bool(MAINTENANCE_ROLES & set(roles)),
        },
    )
    if not staff.is_demonstration:
        raise RuntimeError(f"{username} is a real account; the demonstration does not touch it")
    if not staff.check_password(PASSWORD):
        staff.set_password(PASSWORD)
        staff.password_changed_at = at
        staff.save(update_fields=["password", "password_changed_at"])
    for role in roles:
        if not RoleGrant.objects.filter(staff=staff, role=role, area=area).exists():
            RoleGrant.objects.create(
                staff=staff,
                role=role,
                area=area,
                period=(FIRST_DAY, None),
                granted_by="demonstration",
            )
    labels = ", ".join(f"{role.value}" for role in roles)
    return Account(username, full_name, labels, f"{area.name} [{area.name_en}]", PASSWORD)
