#!/usr/bin/env python3
"""Sets the project up once and runs it: `python3 dev.py demo`, `python3 dev.py test`, and more.

Needs Python 3.11 with pip and the way to a package index, nothing else: no root, node, make,
gettext or system database. Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VENV_STATE = VENV / "bureau.json"
#: What set-up makes beside the virtual environment; the data of an installation is in BUREAU_VAR.
TOOLS = ROOT / "var" / "tools"
BROWSER = TOOLS / "browser"
BROWSER_STATE = BROWSER / "browser.json"
OLDEST_PYTHON = (3, 11)
#: Outside any virtual environment: the one here may be made anew, and may have no pip.
BASE_PYTHON = (
    sys.executable
    if sys.prefix == sys.base_prefix
    else str(Path(sys.base_prefix, "bin", "python3"))
)

#: Each lock holds everything that is in the ones before it.
LOCKS = ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt")
SYSTEM_BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")

USAGE = """\
usage: python3 dev.py COMMAND

  demo [--port N] [--host H]  run the portal with its demonstration city; Ctrl-C stops everything
  test [pytest arguments]     run the tests, with real servers and a real browser
  check                       format, lint, types, layers, migrations, messages; changes nothing
  fix                         put code and templates into the house format
  manage COMMAND ...          any management command, against the servers of a running demo,
                              or else against servers started for its duration
  messages                    compile the translations
  measure NAME [--rows N]     one measurement of speed on throw-away servers; without a name, which

BUREAU_VAR names another data folder, BUREAU_DATABASE_URL and BUREAU_REDIS_URL servers of your own.
docs/operations.md says more.
"""


class SetUpFailed(Exception):
    """Set-up cannot go on; the message says what to do."""


def say(line: str) -> None:
    """Progress goes to the error stream: the output of `manage` belongs to its command."""
    print(line, file=sys.stderr, flush=True)


def run(*command: str | Path, **options: Any) -> None:
    subprocess.run([str(part) for part in command], check=True, **options)


def digest(*parts: Path | str) -> str:
    """One fingerprint of files and texts."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, Path) else part.encode())
    return total.hexdigest()


def read_state(file: Path) -> dict[str, Any]:
    """What the last set-up noted; empty when it noted nothing or did not finish writing."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def write_state(file: Path, state: dict[str, Any]) -> None:
    unfinished = file.with_name(file.name + ".new")
    unfinished.write_text(json.dumps(state), encoding="utf-8")
    unfinished.replace(file)


def environment() -> dict[str, str]:
    """The environment of every child: UTF-8 whatever the locale, a home that can be written."""
    result = {**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    result["PATH"] = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH") or os.defpath])
    if not os.access(result.get("HOME") or "/nonexistent", os.W_OK | os.X_OK):
        home = TOOLS / "home"
        with contextlib.suppress(OSError):
            home.mkdir(parents=True, exist_ok=True)
        result["HOME"] = str(home)
    return result


def download_environment() -> dict[str, str]:
    """`environment()` for uv, pip and npm: caches are thrown away, pip's settings hold for all."""
    result = environment()
    result |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    result |= {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    result.setdefault("UV_CACHE_DIR", str(TOOLS / "uv-cache"))
    result.setdefault("npm_config_cache", str(TOOLS / "npm-cache"))
    settings = pip_settings()
    if index := settings.get("index-url"):
        result.setdefault("UV_DEFAULT_INDEX", index)
    if certificates := settings.get("cert"):
        result.setdefault("SSL_CERT_FILE", certificates)
    # Behind a proxy that re-signs, the machine's own certificates are the ones that count.
    result.setdefault("UV_SYSTEM_CERTS", "true")
    if "SSL_CERT_FILE" in result:
        result.setdefault("NODE_EXTRA_CA_CERTS", result["SSL_CERT_FILE"])
    return result


def pip_settings() -> dict[str, str]:
    """What pip's files and variables set, which uv and npm do not read; names without section."""
    asked = subprocess.run(
        [BASE_PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True
    )
    lines = (line.partition("=") for line in asked.stdout.splitlines())
    return {name.rpartition(".")[2]: value.strip("'\"") for name, _sign, value in lines}


@contextlib.contextmanager
def only_set_up() -> Iterator[None]:
    """One set-up at a time in this checkout; a second waits for the first."""
    with (TOOLS / "set-up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another set-up of this folder to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_tools_folder() -> None:
    """var/tools exists. Where root makes var, others may pass through it: PostgreSQL must."""
    if not TOOLS.parent.exists():
        TOOLS.parent.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)
    TOOLS.mkdir(exist_ok=True)


# --- the virtual environment -------------------------------------------------------------------


def works(python: Path) -> str:
    """The version of the interpreter as `3.11`, or nothing when it does not run."""
    show = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        asked = subprocess.run([str(python), "-c", show], capture_output=True, text=True)
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def is_installed(lock: str) -> bool:
    """Whether the virtual environment runs here and holds what the lock names."""
    state = read_state(VENV_STATE)
    return (
        not state.get("unfinished")
        and state.get("root") == str(ROOT)
        and state.get("locks", {}).get(lock) == digest(ROOT / lock)
        and state.get("python") == works(PYTHON)
    )


def install(lock: str) -> None:
    """The virtual environment holds what the lock names; a broken or moved one is made anew."""
    state = read_state(VENV_STATE)
    moved = bool(state) and state.get("root") != str(ROOT)  # Its scripts name the old place.
    if VENV.exists() and (state.get("unfinished") or moved or not works(PYTHON)):
        say("the virtual environment is unfinished, moved or broken: making it anew")
        shutil.rmtree(VENV)
        state = {}
    say(f"installing the packages of {lock} (once; about a minute)")
    variables = download_environment()
    try:
        install_with_uv(lock, variables)
    except (OSError, subprocess.CalledProcessError) as error:
        say(f"uv did not do it ({error}); using pip, which takes longer")
        install_with_pip(lock, variables)
    shutil.rmtree(TOOLS / "uv-cache", ignore_errors=True)
    narrower = LOCKS[: LOCKS.index(lock) + 1]
    locks = {**state.get("locks", {}), **{name: digest(ROOT / name) for name in narrower}}
    write_state(VENV_STATE, {"root": str(ROOT), "python": works(PYTHON), "locks": locks})


def mark_unfinished() -> None:
    """An installation that is interrupted from here on is thrown away by the next set-up."""
    write_state(VENV_STATE, {**read_state(VENV_STATE), "unfinished": True})


def install_with_uv(lock: str, variables: dict[str, str]) -> None:
    uv: Path | str = TOOLS / "uv" / "bin" / "uv"
    if not Path(uv).exists():
        # With --target it goes where the system's Python is managed by the distribution, too.
        try:
            command = (BASE_PYTHON, "-m", "pip", "install", "-q", "--target", TOOLS / "uv", "uv")
            run(*command, env=variables, stderr=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            found = shutil.which("uv")
            if found is None:
                raise
            uv = found
    if not PYTHON.exists():
        run(uv, "venv", "-q", "--python", BASE_PYTHON, VENV, env=variables)
    mark_unfinished()
    options = ("-q", "--compile-bytecode", "--require-hashes", "--python", PYTHON)
    run(uv, "pip", "install", *options, "-r", ROOT / lock, env=variables)


def install_with_pip(lock: str, variables: dict[str, str]) -> None:
    """Debian without python3-venv has no ensurepip: the pip beside this Python does the work."""
    if not PYTHON.exists():
        run(BASE_PYTHON, "-m", "venv", "--without-pip", VENV, env=variables)
    mark_unfinished()
    pip = (BASE_PYTHON, "-m", "pip", "--python", PYTHON)
    try:
        run(*pip, "install", "-q", "--require-hashes", "-r", ROOT / lock, env=variables)
    except subprocess.CalledProcessError as error:
        raise SetUpFailed(
            f"the packages of {lock} could not be installed; what pip said is above. Is pip there"
            f" ({BASE_PYTHON} -m pip --version), and the way to a package index open?"
        ) from error


# --- browser, translations ---------------------------------------------------------------------


def npm_install(folder: Path, *options: str) -> None:
    """Install the folder's locked packages into its node_modules; no package's script runs."""
    npm = (PYTHON, VENV / "bin" / "npm")
    try:
        run(
            *npm,
            "ci",
            "--silent",
            "--ignore-scripts",
            *options,
            cwd=folder,
            env=download_environment(),
        )
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        raise SetUpFailed(
            f"the packages of {folder.relative_to(ROOT)}/package-lock.json could not be fetched;"
            " is the way to an npm registry open (npm_config_registry names another)?"
        ) from error
    finally:
        shutil.rmtree(TOOLS / "npm-cache", ignore_errors=True)


def system_browser() -> str:
    """A Chromium of this machine: BUREAU_CHROMIUM, else one on the PATH; empty without one."""
    named = os.environ.get("BUREAU_CHROMIUM", "")
    if named and not os.access(named, os.X_OK):
        raise SetUpFailed(f"BUREAU_CHROMIUM names {named}, which is not a program")
    return named or next(filter(None, map(shutil.which, SYSTEM_BROWSERS)), "")


def browser_fingerprint() -> str:
    return digest(ROOT / "assets" / "browser" / "package-lock.json", system_browser())


def browser_is_there() -> bool:
    state = read_state(BROWSER_STATE)
    return state.get("lock") == browser_fingerprint() and Path(state["executable"]).exists()


def make_browser() -> None:
    """var/tools/browser holds axe-core and, where the machine has none, a Chromium.

    browser.json beside them tells the tests where both are.
    """
    found = system_browser()
    say("fetching what the browser tests need" + ("" if found else " (a Chromium of 67 MB)"))
    source = ROOT / "assets" / "browser"
    npm_install(source, *(("--omit=optional",) if found else ()))
    modules = source / "node_modules"
    shutil.rmtree(BROWSER, ignore_errors=True)
    BROWSER.mkdir()
    shutil.copy(modules / "axe-core" / "axe.min.js", BROWSER)
    libraries = ""
    if not found:
        if not (modules / "@sparticuz" / "chromium").exists():
            raise SetUpFailed(
                "there is no packaged Chromium for this machine: install one (Debian:"
                " chromium-headless-shell), or name one with BUREAU_CHROMIUM"
            )
        # The package unpacks its browser and its libraries into the folder for temporary files.
        unpack = "import c from '@sparticuz/chromium'; await c.executablePath()"
        place = {"TMPDIR": str(BROWSER), "AWS_LAMBDA_JS_RUNTIME": "nodejs24.x"}
        node = (PYTHON, VENV / "bin" / "node", "--input-type=module", "-e", unpack)
        run(*node, cwd=source, env=environment() | place, stdout=subprocess.DEVNULL)
        found, libraries = str(BROWSER / "chromium"), str(BROWSER / "al2023" / "lib")
    shutil.rmtree(modules)
    state = {"lock": browser_fingerprint(), "executable": found, "libraries": libraries}
    write_state(BROWSER_STATE, state | {"axe": str(BROWSER / "axe.min.js")})


def languages() -> list[Path]:
    """The folders of the languages, such as `locale/zh_Hans`; each has its texts by room."""
    return sorted(folder.parent for folder in (ROOT / "locale").glob("*/parts"))


def stale_languages() -> list[Path]:
    """Languages whose compiled file is missing or older than one of their texts."""
    return [language for language in languages() if is_stale(language)]


def is_stale(language: Path) -> bool:
    made = language / "LC_MESSAGES" / "django.mo"
    if not made.exists():
        return True
    # The folder's own time tells that a file was added or taken away.
    sources = [language / "parts", *(language / "parts").glob("*.po")]
    return made.stat().st_mtime < max(source.stat().st_mtime for source in sources)


COMPILE_MESSAGES = """\
import os, sys
from pathlib import Path
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
for folder in map(Path, sys.argv[1:]):
    whole = Catalog(locale=folder.name, charset="utf-8", fuzzy=False)
    for part in sorted((folder / "parts").glob("*.po")):
        with part.open("rb") as source:
            for message in read_po(source, locale=folder.name, abort_invalid=True):
                if message.id and message.string and not message.fuzzy:
                    whole.add(message.id, message.string, context=message.context)
    made = folder / "LC_MESSAGES" / "django.mo"
    made.parent.mkdir(exist_ok=True)
    with open(f"{made}.new", "wb") as target:
        write_mo(target, whole)
    os.replace(f"{made}.new", made)
"""


def compile_messages(folders: list[Path]) -> None:
    """Each language has one compiled file of all its texts. Raises SetUpFailed on a broken one."""
    try:
        run(PYTHON, "-c", COMPILE_MESSAGES, *folders, env=environment())
    except subprocess.CalledProcessError as error:
        raise SetUpFailed(
            "a translation could not be compiled; what Babel said is above"
        ) from error


# --- set-up as a whole -------------------------------------------------------------------------


def set_up(lock: str, *, browser: bool = False) -> None:
    """Everything a command needs is there. Raises SetUpFailed with the remedy."""

    def missing() -> bool:
        return not (
            is_installed(lock) and (not browser or browser_is_there()) and not stale_languages()
        )

    if not missing():
        return
    check_ownership()
    make_tools_folder()
    with only_set_up():
        began = time.monotonic()
        if not is_installed(lock):
            install(lock)
        if browser and not browser_is_there():
            make_browser()
        if stale := stale_languages():
            compile_messages(stale)
        say(f"set up in {time.monotonic() - began:.1f} s")


def check_ownership() -> None:
    """Set-up writes only what belongs to this account. Raises SetUpFailed."""
    for path in (ROOT, VENV, ROOT / "var", TOOLS):
        if path.exists() and not os.access(path, os.W_OK | os.X_OK):
            raise SetUpFailed(
                f"{path} belongs to another account (uid {path.stat().st_uid}), so nothing can be"
                " set up here: run as that account, or use a clone of your own"
            )


# --- the commands ------------------------------------------------------------------------------


def become(*command: str | Path) -> None:
    """Replace this process by the command, so that signals and the exit code are the command's."""
    parts = [str(part) for part in command]
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(parts[0], parts, environment())


def demo(arguments: list[str]) -> None:
    set_up("requirements-demo.txt")
    become(PYTHON, "manage.py", "demo", *arguments)


def manage(arguments: list[str]) -> None:
    set_up("requirements-demo.txt")
    become(PYTHON, "-m", "bureau.servers", *arguments)


def test(arguments: list[str]) -> None:
    set_up("requirements-dev.txt", browser=True)
    # Two processes, unless the caller wants another number or a debugger.
    wanted = any(argument.startswith(("-n", "--numprocesses", "--pdb")) for argument in arguments)
    spread = [] if wanted else ["-n", "2", "--dist", "loadgroup"]
    become(PYTHON, "-m", "pytest", *spread, *arguments)


def template_folders() -> list[Path]:
    found = [ROOT / "templates", *ROOT.glob("*/templates"), *ROOT.glob("bureau/*/templates")]
    return [folder for folder in found if folder.is_dir()]


def check(arguments: list[str]) -> None:
    """Every check runs, whatever the ones before it found; the exit code is 1 when one failed."""
    set_up("requirements-dev.txt")
    python = (PYTHON, "-m")
    steps: list[tuple[str, tuple[str | Path, ...]]] = [
        ("format", (*python, "ruff", "format", "--check", "-q", ".")),
        ("lint", (*python, "ruff", "check", "-q", ".")),
        ("templates", (*python, "djhtml", "--tabwidth", "2", "--check", *template_folders())),
        ("types", (*python, "mypy")),
        ("layers", (PYTHON, VENV / "bin" / "lint-imports", "--no-cache", "--no-logo")),
        ("django", (*python, "bureau.servers", "--temporary", "check", "--fail-level", "WARNING")),
        ("migrations", (*python, "bureau.servers", "--temporary", "makemigrations", "--check")),
    ]
    failed = [name for name, command in steps if not check_step(name, command)]
    try:
        compile_messages(languages())
    except SetUpFailed:
        failed.append("messages")
    print("failed: " + ", ".join(failed) if failed else "all checks passed", flush=True)
    sys.exit(1 if failed else 0)


def check_step(name: str, command: tuple[str | Path, ...]) -> bool:
    began = time.monotonic()
    parts = [str(part) for part in command]
    done = subprocess.run(
        parts,
        cwd=ROOT,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    verdict = "ok" if done.returncode == 0 else "FAILED"
    print(f"{name:<12}{verdict:<8}{time.monotonic() - began:5.1f} s", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def fix(arguments: list[str]) -> None:
    set_up("requirements-dev.txt")
    python = (PYTHON, "-m")
    for command in (
        (*python, "ruff", "check", "-q", "--fix", "--exit-zero", "."),
        (*python, "ruff", "format", "-q", "."),
        (*python, "djhtml", "--tabwidth", "2", *template_folders()),
    ):
        subprocess.run([str(part) for part in command], cwd=ROOT, env=environment(), check=False)


def messages(arguments: list[str]) -> None:
    set_up("requirements-demo.txt")
    compile_messages(languages())


def measure(arguments: list[str]) -> None:
    set_up("requirements-dev.txt")
    become(PYTHON, "-m", "benchmarks", *arguments)


COMMANDS = {
    "demo": demo,
    "test": test,
    "check": check,
    "fix": fix,
    "manage": manage,
    "messages": messages,
    "measure": measure,
}


def main() -> None:
    if sys.version_info < OLDEST_PYTHON:
        wanted, here = (".".join(map(str, v[:2])) for v in (OLDEST_PYTHON, sys.version_info))
        sys.exit(f"Python {wanted} or newer is needed, this is {here}; try python{wanted} dev.py")
    name, arguments = (sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:])
    if name not in COMMANDS:
        print(USAGE, end="")
        sys.exit(0 if name in {"-h", "--help", "help"} else 2)
    try:
        COMMANDS[name](arguments)
    except SetUpFailed as problem:
        sys.exit(f"dev.py: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
