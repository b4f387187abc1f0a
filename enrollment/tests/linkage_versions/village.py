"""A small roll on which versions of the linkage model are learnt and tried."""

import datetime

from bureau.core import approvals, clock, jobs
from bureau.core.choices import JobState, Role
from bureau.core.models import Area, Job
from enrollment.choices import Verdict
from enrollment.models import RosterLink, RosterRow
from enrollment.services import linkage, linkage_versions
from enrollment.tests import decisions as made

FAMILIES = "王李张刘陈杨赵黄周吴"
GIVEN = ("建国", "秀英", "淑芬", "志强", "丽娟", "海波", "春梅", "永福")


def someone(name, *roles):
    """Staff of the whole city."""
    city = Area.objects.get(code="210200")
    wanted = roles or (Role.POLICY_OFFICER, Role.REVIEWER, Role.DIRECTOR)
    return made.clerk(name, *((role, city) for role in wanted), is_demonstration=True)


def settle():
    """A village of 80 in one roster, and 20 of them again with a wrong digit in another one.

    Returns the rows that wait, each with the row of its person."""
    own = made.roster(Area.objects.get(code="210281"))
    city = made.roster(Area.objects.get(code="210283"), scheme="URBMI")
    pairs = []
    for index in range(80):
        name = FAMILIES[index % 10] + GIVEN[index // 10]
        born = datetime.date(1960, 1, 1) + datetime.timedelta(days=131 * index)
        known = {"birth_on": born, "phone": f"1390000{index:04d}", "sex": "MALE"}
        number = f"210281{born:%Y%m%d}{2 * index + 1:03d}"
        home = made.person_row(own, name, id_number=f"{number}1", id_text=f"{number}1", **known)
        if index % 4 == 0:
            wrong = f"{number[:15]}{(int(number[15]) + 1) % 10}{number[16:]}1"
            pairs.append((made.row(city, name, id_text=wrong, **known), home))
    return pairs


def decide(pairs, verdict=Verdict.SAME):
    for waiting, home in pairs:
        made.decided(made.pair(waiting, home), verdict)


def link(waiting: RosterRow, home: RosterRow, score: float = 0.999) -> RosterLink:
    """The waiting row is linked by its evidence to the file of the other."""
    person = RosterLink.objects.get(row=home).person_id
    return RosterLink.objects.create(
        row=waiting, batch=waiting.batch, person_id=person, tier="PROBABLE", score=score,
        model_version=linkage.version_in_use(),
    )  # fmt: skip


def done(job: Job) -> Job:
    found = jobs.run_until_done(job.pk)
    assert found.state == JobState.DONE, found.last_error
    return found


def stricter(name="li", **changes):
    """A draft with a higher threshold, by this one."""
    base = linkage.version_in_use()
    thresholds = {**base.thresholds, "link_from_bits": 59.0, **changes}
    return linkage_versions.draft(
        base, thresholds=thresholds, vetoes=base.vetoes, note="stricter", at=clock.now(),
        by=made.Actor.of(someone(name)),
    )  # fmt: skip


def tried(version, name="li"):
    done(linkage_versions.ask_to_try(version, by=someone(name), at=clock.now()))
    version.refresh_from_db()
    return version


def submitted(version, name="li"):
    return linkage_versions.submit(
        version, reason="试运行结果良好", at=clock.now(), by=someone(name)
    )


def approve(request, name="wang"):
    return approvals.decide(request.pk, approve=True, by=someone(name), at=clock.now())
