"""House rules that no other tool checks: messages, templates, migrations, settings, the admin."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import django
import polib
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.template import engines
from django.test import override_settings

from bureau.core import integrity
from bureau.core.maintenance import PACKAGES

ROOT = Path(settings.BASE_DIR)
CODE = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts and "tests" not in path.parts and "testing" not in path.parts
]
TESTS = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if {"tests", "testing"} & set(path.parts)
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = [path for kind in ("css", "js") for path in sorted((ROOT / "static").rglob(f"*.{kind}"))]
OWN_APPS = [config for config in apps.get_app_configs() if config.name.split(".")[0] in PACKAGES]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ---- Migrations


@pytest.mark.parametrize("label", [config.label for config in OWN_APPS])
def test_migrations_form_one_line(label):
    loader = MigrationLoader(None, ignore_no_migrations=True)
    nodes = [key for key in loader.disk_migrations if key[0] == label]
    for key in nodes:
        following = [
            other
            for other in nodes
            if key in [tuple(d) for d in loader.disk_migrations[other].dependencies]
        ]
        assert len(following) <= 1, f"{key} is followed by {following}: make it one line"
        assert "auto_" not in key[1], f"{key}: name the migration for its change"


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


# ---- What the database refuses


def test_every_refusal_of_the_database_has_a_sentence():
    names = {
        constraint.name
        for config in OWN_APPS
        for model in config.get_models(include_auto_created=True)
        for constraint in model._meta.constraints
    } | {
        f"{model._meta.db_table}_{field.column}_key"
        for config in OWN_APPS
        for model in config.get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if field.unique and not field.primary_key
    }
    silent = sorted(name for name in names if integrity.message_for(name) is None)
    assert silent == [], "say them in the app's constraints.py"


# ---- Texts for people


Text = tuple[str, str]


def chinese_texts() -> dict[Text, list[polib.POEntry]]:
    """All Chinese texts by context and source text, whichever files they stand in."""
    found: dict[Text, list[polib.POEntry]] = {}
    for file in sorted((ROOT / "locale" / "zh_Hans" / "parts").glob("*.po")):
        for entry in polib.pofile(str(file)):
            if entry.msgstr or any(entry.msgstr_plural.values()):
                found.setdefault((entry.msgctxt or "", entry.msgid), []).append(entry)
    return found


#: Place of the text among the arguments; before it stands its context.
_CALLS = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop", "_"), 0),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), 0),
    **dict.fromkeys(("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"), 1),
}


def texts_in_code() -> dict[Text, str]:
    """Texts given to gettext in Python, with the file in which they first stand."""
    found: dict[Text, str] = {}
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            at = _CALLS.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
            if at is None or len(node.args) <= at:
                continue
            words = [a.value for a in node.args[: at + 1] if isinstance(a, ast.Constant)]
            if len(words) == at + 1 and isinstance(words[-1], str):
                found.setdefault((words[0] if at else "", words[-1]), name_of(path))
    return found


def texts_in_templates() -> dict[Text, str]:
    """Texts of `trans` and `blocktrans`, as Django extracts them."""
    from django.utils.translation.template import templatize

    found: dict[Text, str] = {}
    word = r"u?('(?:[^'\\]|\\.)*')"
    call = re.compile(rf"\b(?:n?pgettext\({word},\s*{word}|(?:n?gettext|_)\({word})")
    for path in TEMPLATES:
        source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        for context, text, plain in call.findall(source):
            place = (ast.literal_eval(context or "''"), ast.literal_eval(text or plain))
            found.setdefault(place, name_of(path))
    return found


def test_every_text_has_its_chinese():
    known = chinese_texts()
    asked = texts_in_code() | texts_in_templates()
    assert len(asked) > 1000, "the texts are not found any more"
    missing = {
        place: file
        for place, file in asked.items()
        if place[1] and place not in known and not _is_translated_by_django(*place)
    }
    assert missing == {}, "add these to locale/zh_Hans/parts"


def test_a_text_has_one_chinese():
    """Files are compiled into one, in which the last would silently win."""
    texts = {
        place: {entry.msgstr or tuple(entry.msgstr_plural.values()) for entry in entries}
        for place, entries in chinese_texts().items()
    }
    assert {place: said for place, said in texts.items() if len(said) > 1} == {}


def _is_translated_by_django(context: str, text: str) -> bool:
    from django.utils import translation

    with translation.override("zh-hans"):
        return not context and translation.gettext(text) != text


_PLACES = re.compile(r"%\((\w+)\)[a-z]|(?<!%)%[sd]|\{(\w*)\}")


def test_places_in_texts_are_the_same_in_both_languages():
    different = []
    for entry in (entry for entries in chinese_texts().values() for entry in entries):
        wanted = set(_PLACES.findall(entry.msgid)) | set(_PLACES.findall(entry.msgid_plural or ""))
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            if text and set(_PLACES.findall(text)) != wanted:
                different.append((entry.msgid, text))
    assert different == []


# ---- Templates


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_ask_no_queries_and_escape_everything(path):
    source = re.sub(r"\{%\s*comment.*?endcomment\s*%\}", "", path.read_text("utf-8"), flags=re.S)
    tags = " ".join(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", source, flags=re.S))
    # Names that data classes may carry too (count, first) are left to `testing.rendering`.
    queries = (
        r"\.(objects|all|filter|exclude|exists|order_by|values_list|iterator|\w+_set)\b(?!\s*=)"
    )
    assert not re.search(queries, tags), "the view passes lists, not query sets"
    assert not re.search(r"\|\s*(safe|safeseq)\b|autoescape\s+off", tags)
    assert "javascript:" not in source
    assert not re.search(r"<[^>]+\son\w+\s*=", source), "no inline handlers: the policy blocks them"
    assert not re.search(r"<[^>{]+\sstyle\s*=", source), "no inline styles: the policy blocks them"
    for script in re.findall(r"<script\b([^>]*)>", source):
        assert "src=" in script or 'type="application/json"' in script
    for address in re.findall(r'(?:src|href|action)\s*=\s*"((?:https?:)?//[^"]+)', source):
        pytest.fail(f"{address}: no page asks another host")


def test_templates_can_be_read():
    for path in TEMPLATES:
        engines["django"].engine.get_template(str(path.relative_to(ROOT / "templates")))


# ---- Code


def test_no_code_marks_text_as_safe_or_writes_raw_columns():
    """Text that people wrote is escaped; SQL made of text is ruff's to find (S608)."""
    found = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if called in {"mark_safe", "SafeString", "RawSQL", "extra"}:
                    found.append(f"{name_of(path)}:{node.lineno} {called}")
    assert found == []


#: Statements put together from parts of the code's own; nothing that came from outside is in them.
PUT_TOGETHER = {
    "bureau/core/bulk.py": "the statement, its values bound before",
    "bureau/core/integrity.py": "the invariant's own statement",
    "bureau/core/rights.py": "names quoted by the catalogue or by psycopg",
    "bureau/embedded.py": "names quoted by psycopg",
    "bureau/ui/paging.py": "a whole number of the code",
    "enrollment/imports/apply.py": "tables named in the code",
    "enrollment/imports/double_propose.py": "a statement of the module",
    "enrollment/imports/learn.py": "columns and conditions of the module",
    "enrollment/imports/match.py": "expressions of the module; numbers and words of a model",
    "enrollment/imports/merge_work.py": "conditions of the module",
    "enrollment/imports/merging.py": "tables and columns of the module",
    "enrollment/imports/undo.py": "tables named in the code",
    "enrollment/reports/outcomes.py": "a statement of the module",
    "enrollment/selectors/people_pages.py": "columns and order of the module",
}
_ASKS = {"execute", "executemany", "copy", "sql", "raw", "query"}


def test_statements_are_put_together_in_few_places():
    """Values are given beside the statement, never in it; who puts one together says of what."""
    found = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in _ASKS and node.args and _is_put_together(node.args[0]):
                found.add(name_of(path))
    assert found - set(PUT_TOGETHER) == set(), "give values as parameters"
    assert set(PUT_TOGETHER) - found == set(), "named in vain"


def _is_put_together(node):
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}
    return isinstance(node, ast.JoinedStr | ast.BinOp)


#: Where a machine's own clock is asked on purpose, and for what.
OWN_CLOCK = {
    "bureau/core/clock.py": "before any database was ever there",
    "bureau/core/health.py": "to compare it with the database's",
}
_CLOCK_CALLS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "timezone": {"now", "localdate", "localtime"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime"},
}


def test_dates_come_from_the_database_alone():
    """A machine whose clock is wrong dates nothing by it: all go through `bureau.core.clock`."""
    found = [
        f"{name_of(path)}:{node.lineno} {ast.unparse(node)}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _CLOCK_CALLS.get(ast.unparse(node.func.value).split(".")[-1], ())
        # `localdate(instant)` asks no clock.
        and not (node.args and node.func.attr.startswith("local"))
        and name_of(path) not in OWN_CLOCK
    ]
    assert found == [], "take the instant that is passed in, or ask bureau.core.clock at the edge"
    by_itself = re.compile(r"\bauto_now|default=(timezone|datetime)\.")
    assert [name_of(p) for p in CODE if by_itself.search(p.read_text("utf-8"))] == []


def test_no_user_input_is_expanded_into_queries():
    """`filter(**request.GET)` and its kin let the sender choose columns and operators."""
    pattern = re.compile(
        r"\.(filter|exclude|get|annotate|order_by|update|create)\(\s*\*+\s*"
        r"(request|self\.request|form\.data)"
    )
    assert [name_of(p) for p in CODE if pattern.search(p.read_text(encoding="utf-8"))] == []


def test_no_file_and_no_function_is_too_long():
    files = [*ROOT.glob("*.py"), *CODE, *TEMPLATES, *STATIC, *TESTS]
    long = {name_of(p): n for p in files if (n := p.read_text("utf-8").count("\n")) > 600}
    assert long == {}
    functions = {
        f"{name_of(path)} {node.name}": lines
        for path in [*ROOT.glob("*.py"), *CODE, *TESTS]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > 70
    }
    assert functions == {}


def test_the_product_speaks_of_itself_alone():
    """No path of a machine stands in what is shipped."""
    pattern = re.compile(r"/work/|(?<!/var)/tmp/(?!\{)|/home/\w|/root/")
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("requirements*")]
    shipped = [*ROOT.glob("*.py"), *CODE, *TEMPLATES, *STATIC, *documents]
    assert [name_of(p) for p in shipped if pattern.search(p.read_text("utf-8"))] == []


# ---- Settings


def test_settings_hold_what_the_checklist_asks():
    assert settings.DEBUG is False
    assert len(settings.SECRET_KEY) >= 50
    assert "*" not in settings.ALLOWED_HOSTS
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE in ("Lax", "Strict")
    assert settings.CSRF_COOKIE_SAMESITE in ("Lax", "Strict")
    assert settings.SESSION_IDLE_SECONDS <= 15 * 60
    assert settings.SESSION_ABSOLUTE_SECONDS <= 10 * 3600
    assert not settings.SESSION_SAVE_EVERY_REQUEST
    assert settings.SECURE_REFERRER_POLICY == "same-origin"
    assert settings.SECURE_CROSS_ORIGIN_OPENER_POLICY == "same-origin"
    assert settings.X_FRAME_OPTIONS == "DENY"
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= 2_621_440
    assert settings.DATA_UPLOAD_MAX_NUMBER_FIELDS <= 1000
    assert settings.FILE_UPLOAD_PERMISSIONS == 0o600
    assert settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS == 0o700
    assert not settings.DATABASES["default"]["ATOMIC_REQUESTS"]
    assert settings.DATABASES["default"]["CONN_HEALTH_CHECKS"]
    assert settings.USE_TZ
    assert settings.TIME_ZONE == "Asia/Shanghai"
    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert settings.PASSWORD_MAX_AGE_DAYS <= 90
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert not settings.ACCOUNT_LOGOUT_ON_GET
    assert not getattr(settings, "MFA_TRUST_ENABLED", False)
    assert not getattr(settings, "MFA_PASSKEY_SIGNUP_ENABLED", False)


def test_the_content_policy_allows_own_files_only():
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    for name, sources in directives.items():
        if name != "report-uri":
            assert set(sources) <= {"'self'", "'none'", "data:"}, name
            assert "data:" not in sources or name == "img-src"


def test_no_cache_keeps_private_pages():
    assert not [m for m in settings.MIDDLEWARE if "cache" in m.lower()]
    assert not [p for p in CODE if "cache_page" in p.read_text(encoding="utf-8")]


def test_order_of_middleware():
    order = [name.rsplit(".", 1)[-1] for name in settings.MIDDLEWARE]
    for earlier, later in [
        ("DatabaseUnavailable", "SessionMiddleware"),
        ("SessionMiddleware", "AuthenticationMiddleware"),
        ("AuthenticationMiddleware", "StaffLanguage"),
        ("AuthenticationMiddleware", "SessionLimits"),
        ("SessionLimits", "AccessMatrix"),
        ("SessionLimits", "HistoryContext"),
    ]:
        assert order.index(earlier) < order.index(later), (earlier, later)


def test_behind_tls_the_deployment_check_is_silent():
    """The settings module is read anew, as an installation behind TLS reads it."""
    environment = {
        "BUREAU_TLS": "1",
        "BUREAU_DATABASE_URL": "postgresql://bureau@127.0.0.1:1/bureau",
        "BUREAU_VAR": str(settings.VAR),
        "PATH": "/usr/bin:/bin",
    }
    result = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]


def test_behind_tls_cookies_are_bound_to_the_host():
    environment = {"BUREAU_TLS": "1", "BUREAU_VAR": str(settings.VAR), "PATH": "/usr/bin:/bin"}
    code = (
        "from bureau import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, "
        "s.DEVICE_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stdout.split() == [
        "__Host-sid", "__Host-csrf", "__Host-device", "True", "31536000",
    ]  # fmt: skip


def test_a_new_data_folder_is_closed_to_other_accounts(tmp_path):
    """Root's can be passed through, because PostgreSQL runs as another account."""
    folder = tmp_path / "var"
    environment = {"BUREAU_VAR": str(folder), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", "import bureau.settings"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    assert folder.stat().st_mode & 0o777 == (0o711 if os.geteuid() == 0 else 0o700)
    assert (folder / "uploads").stat().st_mode & 0o777 == 0o700
    (folder / "uploads" / "incoming").chmod(0o755)
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    assert (folder / "uploads" / "incoming").stat().st_mode & 0o777 == 0o700


def test_the_framework_is_the_supported_one():
    assert django.VERSION[:2] == (5, 2)


# ---- Running without a template asking the database


@pytest.mark.django_db
def test_a_query_made_while_rendering_is_noticed(rf):
    """The checker itself: a template that walks a query set is caught by it."""
    from django.template import Context, Template

    from bureau.core.models import Area
    from bureau.testing.rendering import QueryWhileRendering, no_queries_while_rendering

    with no_queries_while_rendering(), pytest.raises(QueryWhileRendering):
        Template("{% for area in areas %}{{ area }}{% endfor %}").render(
            Context({"areas": Area.objects.all()})
        )
    with no_queries_while_rendering(), override_settings(DEBUG=False):
        Template("{{ one }}").render(Context({"one": 1}))


# ---- The papers


@pytest.mark.parametrize("paper", ["bad-input.md", "tests-of-reliability.md"])
def test_every_test_that_a_paper_names_is_there(paper):
    text = (ROOT / "docs" / paper).read_text("utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", text)
    assert len(named) > 40
    missing = {
        f"{path}::{name}"
        for path, name in named
        if f"\ndef {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    }
    assert missing == set(), "say what shows it instead, or that nothing does"


def test_what_is_asked_of_the_portal_has_its_line():
    """Each has a test, or is told elsewhere."""
    text = (ROOT / "docs" / "tests-of-reliability.md").read_text("utf-8")
    lines = {line.split("|")[1].strip(): line for line in text.splitlines() if "|" in line}
    faults = [1, 2, 3, 6, 7, 8, 9, 10, 11, 13, 14, 18]
    asked = [
        *(f"FT{n}" for n in faults),
        *(f"BI{n}" for n in (*range(1, 13), 14, 15)),
        *(f"AC{n}" for n in (*range(1, 11), 13, 16, 17)),
        *(f"PR{n}" for n in (1, 2, 3, 5)),
    ]
    assert [name for name in asked if name not in lines] == []
    assert [n for n in asked if "::" not in lines[n] and "bad-input.md" not in lines[n]] == []
