"""Rosters for tests: small files about invented people, and the way of a roster to the roll."""

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bureau.core import clock, files, jobs
from bureau.core.actors import Actor
from bureau.core.choices import JobState
from bureau.core.models import Area, Job
from bureau.intake.choices import BatchState, Channel
from bureau.testing.city.numbers import check_character
from bureau.testing.city.places import counties
from enrollment.choices import Scheme
from enrollment.imports import directory
from enrollment.models import RosterBatch, RosterFile, RosterRow, RosterRowVersion
from enrollment.services import roster_jobs, rosters

BY = Actor.for_job("test")
HEADER = (
    "乡镇", "村", "户号", "姓名", "性别", "身份证号", "出生日期", "与户主关系", "缴费金额",
    "年度", "电话",
)  # fmt: skip
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗"
FIRST = "建国秀英淑芬志强丽娟海波春梅永福玉兰"
SECOND = "明华平军芳敏杰涛红霞刚勇艳辉龙凤云山"
#: The latest birth of the people here; each is born some days before the one before.
YOUNGEST = date(2004, 12, 30)


def person(index: int) -> dict[str, str]:
    """The cells of one invented person, the same for every call; three share a household."""
    family, place = divmod(index, 3)
    sex = ("MALE", "FEMALE", "MALE" if index % 2 else "FEMALE")[place]
    born = YOUNGEST - timedelta(days=37 * index + (9000 if place < 2 else 0))
    surname = SURNAMES[(family + (7 if place == 1 else 0)) % len(SURNAMES)]
    return {
        "户号": f"{family + 1:06}",
        "姓名": surname + FIRST[index % len(FIRST)] + SECOND[index * 7 % len(SECOND)],
        "性别": "男" if sex == "MALE" else "女",
        "身份证号": _number(f"210281{born:%Y%m%d}{index % 400 * 2 + (sex == 'MALE'):03}"),
        "出生日期": born.isoformat(),
        "与户主关系": ("户主", "配偶", "子" if sex == "MALE" else "女")[place],
        "缴费金额": "250",
        "年度": "2019",
        "电话": f"138{index:08}",
    }


def _number(digits: str) -> str:
    return digits + check_character(digits)


def with_usual_faults(cells: dict[str, str], index: int) -> dict[str, str]:
    """The person's cells with what counties get wrong, by turns; most stay as they are."""
    identity = cells["身份证号"]
    fault = {
        5: {"身份证号": identity[:17] + identity[17:].lower()},
        9: {"身份证号": f" {identity} "},
        13: {"身份证号": "", "电话": ""},
        17: {"身份证号": identity[:16] + str((int(identity[16]) + 1) % 10) + identity[17]},
        21: {"身份证号": identity[:6] + identity[8:17]},
        25: {"姓名": ""},
        29: {"缴费金额": "250元"},
        33: {"出生日期": "1950-02-30"},
    }.get(index % 40, {})
    return {**cells, **fault}


def lines(
    indexes: Iterable[int],
    *,
    county: str = "210281",
    change: Callable[[dict[str, str], int], dict[str, str]] = with_usual_faults,
) -> list[list[str]]:
    """Rows of a rural roster of the county about these people, in the order of `HEADER`."""
    towns = next(found.towns for found in counties() if found.code == county)
    found = []
    for index in indexes:
        town = towns[index // 60 % len(towns)]
        cells = {"乡镇": town.name, "村": town.villages[index // 15 % len(town.villages)]}
        cells |= change(person(index), index)
        found.append([cells[heading] for heading in HEADER])
    return found


def csv_of(rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    """The rows as most counties send them: comma-separated, in GB 18030."""
    return "".join(",".join(cells) + "\r\n" for cells in [header, *rows]).encode("gb18030")


def receive(
    *contents: bytes,
    area: str = "210281",
    scheme: Scheme = Scheme.NCMS,
    year: int = 2019,
    names: Sequence[str] = ("名册.csv",),
    channel: Channel = Channel.COMMAND_LINE,
) -> RosterBatch:
    """A draft with these files; on the channel on which an operator needs no second person."""
    at = clock.now()
    batch = rosters.receive_roster(
        scheme=scheme,
        area=Area.objects.get(code=area),
        year=year,
        channel=channel,
        at=at,
        by=BY,
    )
    for place, content in enumerate(contents):
        name = names[place] if place < len(names) else f"{place}.csv"
        add(batch, content, name)
    return batch


def add(batch: RosterBatch, content: bytes, name: str = "名册.csv") -> RosterFile:
    """One more file in the draft."""
    at = clock.now()
    stored = files.store(
        io.BytesIO(content), purpose="roster", original_name=name, by=BY, at=at, area=batch.area
    )
    return rosters.add_file(batch=batch, stored=stored, at=at, by=BY)


def ask(kind: str, batch: RosterBatch) -> Job:
    """The job that does this with the roster."""
    return roster_jobs.enqueue(kind, batch, by=BY, at=clock.now())


def work(kind: str, batch: RosterBatch) -> Job:
    """The job has run to its end here, and ended well."""
    job = jobs.run_until_done(ask(kind, batch).pk)
    batch.refresh_from_db()
    assert job.state == JobState.DONE, job.last_error
    return job


def bring_to(batch: RosterBatch, state: BatchState) -> RosterBatch:
    """The roster has gone this far, layouts as proposed, by the jobs of the browser."""
    if batch.state == state:
        return batch
    if batch.state == BatchState.DRAFT:
        work(roster_jobs.LOOK, batch)
        directory.accept_layouts(batch, by=BY)
        rosters.begin_reading(batch=batch, at=clock.now(), by=BY)
    elif batch.state == BatchState.READING:
        work(roster_jobs.CHECK, batch)
    elif batch.state == BatchState.CHECKED:
        rosters.begin_applying(batch=batch, at=clock.now(), by="second person")
    elif batch.state == BatchState.APPLYING:
        work(roster_jobs.APPLY, batch)
    else:
        raise AssertionError(f"a roster that is {batch.state} does not become {state}")
    return bring_to(batch, state)


def bring_in(*contents: bytes, **sender: object) -> RosterBatch:
    """The files stand on the roll."""
    return bring_to(receive(*contents, **sender), BatchState.APPLIED)  # type: ignore[arg-type]


def write(folder: Path, name: str, content: bytes) -> Path:
    """The content as a file of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def rewrite(row: RosterRow, **values: Any) -> None:
    """The row holds other values; what it was is on record, as after a correction."""
    RosterRowVersion.objects.create(
        row=row, version=row.version, raw=row.raw, outcome=row.outcome, reasons=row.reasons,
        replaced_at=clock.now(), replaced_by="刘洋",
    )  # fmt: skip
    RosterRow.objects.filter(pk=row.pk).update(version=row.version + 1, **values)
