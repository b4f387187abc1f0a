"""A roll of any size, filled set-based: for measuring pages and for looking at their plans.

The people of `bureau.testing.city.volume` in six rural counties, each row of a roster linked as the
pipeline would leave them; one row in a hundred waits for a clerk, one in ten was in a pair that is
decided, as in a city after some years; one person in two hundred has a second, double enrollment in
the city's roster of residents.
"""

import datetime

import polars as pl
from django.core.management import call_command
from django.db import connection

from bureau.core import bulk
from bureau.core.models import Area, StoredFile
from bureau.intake.choices import BatchState, Channel
from bureau.testing.city.volume import COUNTIES, volume_frames
from enrollment.imports.initials import initials_of
from enrollment.models import RosterBatch, RosterFile

AT = datetime.datetime(2019, 12, 1, 9, tzinfo=datetime.UTC)
#: In the order in which rows refer to one another.
STATEMENTS = (
    """
    INSERT INTO enrollment_rosterrow
        (id, batch_id, file_id, sheet, row_no, raw, outcome, reasons, fixes, is_settled, id_number,
         id_state, name, name_key, name_initials, birth_on, sex, household_no, town, village,
         amount, year, phone)
    SELECT n, batch_id, file_id, 1, n, to_jsonb(ARRAY[name, number, household_no, town])::text,
           CASE WHEN n %% 100 = 0 THEN 'REVIEW' WHEN n %% 50 = 1 THEN 'FIXED' ELSE 'ACCEPTED' END,
           CASE WHEN n %% 100 = 0 THEN ARRAY['ID_CHECK_FAILS'] ELSE '{}' END,
           CASE WHEN n %% 50 = 1 THEN ARRAY['ID_LOWER_X'] ELSE '{}' END, false,
           number, 'VALID', name, name, initials, birth_on, sex, household_no, town, village,
           250, 2019, phone
    FROM filling
    """,
    """
    INSERT INTO enrollment_rosterlink
        (row_id, batch_id, person_id, opens_file, holds_number, tier, score, evidence)
    SELECT n, batch_id, n, true, true, 'ALONE', 1, '{}' FROM filling WHERE n %% 100 <> 0
    """,
    """
    INSERT INTO enrollment_person
        (id, name, name_key, name_initials, sex, birth_on, ethnicity, phone, address, area_id,
         state, created_at)
    SELECT n, name, name, initials, sex, birth_on, '01', phone, town || village, town_id, 'ACTIVE',
           %(at)s
    FROM filling WHERE n %% 100 <> 0
    """,
    """
    INSERT INTO enrollment_personidentifier
        (person_id, kind, number, issuer, period, source_row_id)
    SELECT n, 'RESIDENT_ID', number, '', daterange(NULL, NULL), n
    FROM filling WHERE n %% 100 <> 0
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO enrollment_household
        (scheme, area_id, file_id, sheet, place, number, village, address)
    SELECT DISTINCT ON (file_id, town, village, household_no)
           'NCMS', county_id, file_id, 1, town, household_no, village, town || village
    FROM filling ORDER BY file_id, town, village, household_no, n
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO enrollment_householdmember (household_id, person_id, relation, period)
    SELECT home.id, n, '02', daterange('2019-01-01', NULL)
    FROM filling
    JOIN enrollment_household home ON home.file_id = filling.file_id AND home.sheet = 1
     AND home.place = town AND home.village = filling.village AND home.number = household_no
    WHERE n %% 100 <> 0
    """,
    """
    INSERT INTO enrollment_coveragespell
        (person_id, scheme, area_id, period, state, reason, special_group, contribution_amount,
         source_row_id)
    SELECT n, 'NCMS', county_id, daterange('2019-01-01', '2020-01-01'), 'IN_FORCE', '', '', 250, n
    FROM filling WHERE n %% 100 <> 0
    ORDER BY hashint8(n)
    """,
    """
    INSERT INTO enrollment_coveragespell
        (person_id, scheme, area_id, period, state, reason, special_group, contribution_amount)
    SELECT n, 'URBMI', (SELECT id FROM core_area WHERE code = '210200'),
           daterange('2019-01-01', '2020-01-01'), 'DOUBLE', '', '', 250
    FROM filling WHERE n %% 200 = 1
    """,
    """
    INSERT INTO enrollment_candidatepair
        (batch_id, row_a_id, row_b_id, area_a_id, area_b_id, score, evidence, state, decided_by)
    SELECT batch_id, n - 1, n, county_id, county_id, 0.9, ARRAY['NAME_EQUAL'], 'OPEN', ''
    FROM filling WHERE n %% 100 = 0 AND n > 1
    """,
    """
    INSERT INTO enrollment_candidatepair
        (batch_id, row_a_id, row_b_id, area_a_id, area_b_id, score, evidence, state, decided_by,
         decided_at)
    SELECT batch_id, n - 1, n, county_id, county_id, 0.8, ARRAY['NAME_EQUAL'], 'DIFFERENT',
           'filling', %(at)s
    FROM filling WHERE n %% 10 = 3
    """,
    """
    INSERT INTO core_accesslog
        (at, actor_id, actor_text, subject_label, subject_id, action, fields, row_count, reason,
         area_path, request_id)
    SELECT %(at)s, 0, 'filling', 'enrollment.person', n::text, 'view', '["name"]', 1, '', '', ''
    FROM filling WHERE n %% 5 = 0
    """,
)
TABLES = (
    "enrollment_rosterrow",
    "enrollment_rosterlink",
    "enrollment_person",
    "enrollment_personidentifier",
    "enrollment_household",
    "enrollment_householdmember",
    "enrollment_coveragespell",
    "enrollment_candidatepair",
    "core_accesslog",
)


def fill(people: int) -> None:
    """So many rows of rosters stand on the empty roll, applied, and the planner knows it.

    Foreign keys are not looked up, which would take most of the time; they hold by construction.
    """
    call_command("load_reference", verbosity=0)
    files = {code: _roster(code) for code in COUNTIES}
    places = _places(files)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS filling (n bigint, name text, initials text,"
            " number text, birth_on date, sex text, town text, village text, household_no text,"
            " phone text, county_id bigint, town_id bigint, batch_id bigint, file_id bigint)"
        )
        cursor.execute("SET session_replication_role = replica")
        filled = 0
        for frame in volume_frames(people, faults=0, twice=0):
            cursor.execute("TRUNCATE filling")
            bulk.copy_frame(connection, "filling", _columns(frame, places, filled))
            cursor.execute("ANALYZE filling")
            for statement in STATEMENTS:
                cursor.execute(statement, {"at": AT})
            filled += frame.height
        for table in ("enrollment_rosterrow", "enrollment_person"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {filled + 1})")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("DROP TABLE filling")
        _tell_counts()
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def _columns(frame: pl.DataFrame, places: pl.DataFrame, filled: int) -> pl.DataFrame:
    named = frame.join(places, left_on="乡镇", right_on="town", how="left", maintain_order="left")
    return named.select(
        n=pl.int_range(filled + 1, filled + 1 + frame.height, eager=True),
        name="姓名",
        initials=initials_of(named["姓名"]),
        number="身份证号",
        birth_on=pl.col("出生日期").str.to_date("%Y-%m-%d"),
        sex=pl.when(pl.col("male")).then(pl.lit("MALE")).otherwise(pl.lit("FEMALE")),
        town="乡镇",
        village="村",
        household_no="户号",
        phone="电话",
        county_id="county_id",
        town_id="town_id",
        batch_id="batch_id",
        file_id="file_id",
    )


def _places(files: dict[str, RosterFile]) -> pl.DataFrame:
    """Names of towns with their areas and the roster of their county."""
    lines = []
    for code, file in files.items():
        county = Area.objects.get(code=code)
        for town in Area.objects.filter(path__startswith=county.path, level="TOWN"):
            lines += [
                (name, county.pk, town.pk, file.batch_id, file.pk)
                for name in (town.name, *town.aliases)
            ]
    return pl.DataFrame(
        lines, schema=["town", "county_id", "town_id", "batch_id", "file_id"], orient="row"
    ).unique("town")


def _roster(code: str) -> RosterFile:
    """An applied roster of the county with one file, whose rows are yet to come."""
    batch = RosterBatch.objects.create(
        area=Area.objects.get(code=code),
        scheme="NCMS",
        year=2019,
        state=BatchState.APPLIED,
        channel=Channel.COMMAND_LINE,
        received_at=AT,
        received_by="filling",
        checked_at=AT,
        approved_at=AT,
        approved_by="filling",
        applied_at=AT,
    )
    stored = StoredFile.objects.create(
        purpose="roster",
        original_name=f"{code}.csv",
        path=f"filling/{code}",
        sha256=f"{int(code):064d}",
        size=1,
        created_at=AT,
        created_by="filling",
    )
    return RosterFile.objects.create(
        batch=batch,
        stored=stored,
        name=stored.original_name,
        sha256=stored.sha256,
        layout_confirmed=True,
        is_loaded=True,
    )


def _tell_counts() -> None:
    """Rosters and files say of their rows what the rows say."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE enrollment_rosterfile file SET rows_loaded = found.rows
            FROM (SELECT file_id, count(*) AS rows FROM enrollment_rosterrow GROUP BY file_id) found
            WHERE found.file_id = file.id
            """
        )
        cursor.execute(
            """
            UPDATE enrollment_rosterbatch batch
            SET rows_read = found.rows, rows_accepted = found.accepted,
                rows_fixed = found.fixed, rows_review = found.review
            FROM (SELECT batch_id, count(*) AS rows,
                         count(*) FILTER (WHERE outcome = 'ACCEPTED') AS accepted,
                         count(*) FILTER (WHERE outcome = 'FIXED') AS fixed,
                         count(*) FILTER (WHERE outcome = 'REVIEW') AS review
                  FROM enrollment_rosterrow GROUP BY batch_id) found
            WHERE found.batch_id = batch.id
            """
        )
