"""dev.py's decisions: what is missing, where a browser is, what happens when a download fails."""

import json
import subprocess
from pathlib import Path

import pytest

import dev
from bureau.testing import browser as test_browser

ROOT = Path(__file__).resolve().parents[2]


def pins(lock: str) -> set[str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if "==" in line}


def test_each_lock_holds_the_narrower_ones() -> None:
    runtime, demo, development = (pins(lock) for lock in dev.LOCKS)
    assert runtime < demo < development


@pytest.mark.parametrize("lock", dev.LOCKS)
def test_locks_name_no_host_and_hash_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    unhashed = [line for line in text.splitlines() if "==" in line and not line.endswith("\\")]
    assert unhashed == []


def test_the_lock_of_the_browser_names_no_registry() -> None:
    lock = json.loads((ROOT / "assets/browser/package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())


@pytest.mark.parametrize("lock", dev.LOCKS)
def test_every_required_package_says_what_it_is_for(lock: str) -> None:
    lines = (ROOT / lock).with_suffix(".in").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith(("#", "-r"))]
    assert [line for line in packages if "#" not in line] == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout under dev.py."""
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(dev, "VENV_STATE", tmp_path / ".venv" / "bureau.json")
    monkeypatch.setattr(dev, "TOOLS", tmp_path / "var" / "tools")
    monkeypatch.setattr(dev, "pip_settings", dict)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "var" / "tools").mkdir(parents=True)
    for lock in dev.LOCKS:
        (tmp_path / lock).write_text(f"{lock}==1")
    return tmp_path


@pytest.fixture
def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with the packages of the demonstration installed."""
    monkeypatch.setattr(dev, "works", lambda _python: "3.11")
    monkeypatch.setattr(dev, "install_with_uv", lambda _lock, _variables: None)
    dev.install("requirements-demo.txt")
    return folder


@pytest.mark.usefixtures("installed")
def test_an_installed_lock_holds_the_narrower_one_but_not_the_wider() -> None:
    assert dev.is_installed("requirements-demo.txt")
    assert dev.is_installed("requirements.txt")
    assert not dev.is_installed("requirements-dev.txt")


def test_a_changed_lock_is_installed_again(installed: Path) -> None:
    (installed / "requirements-demo.txt").write_text("other==2")
    assert not dev.is_installed("requirements-demo.txt")


def test_an_interrupted_installation_is_thrown_away(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installed / ".venv" / "half-a-package").touch()
    dev.mark_unfinished()
    assert not dev.is_installed("requirements-demo.txt")
    monkeypatch.setattr(dev, "install_with_uv", lambda _lock, _variables: dev.VENV.mkdir())
    dev.install("requirements-demo.txt")
    assert not (installed / ".venv" / "half-a-package").exists()


def test_a_moved_checkout_makes_its_environment_anew(installed: Path) -> None:
    dev.write_state(dev.VENV_STATE, dev.read_state(dev.VENV_STATE) | {"root": "/elsewhere"})
    assert not dev.is_installed("requirements-demo.txt")


def test_pip_takes_over_when_uv_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[str] = []

    def fail(_lock: str, _variables: dict[str, str]) -> None:
        raise subprocess.CalledProcessError(2, "uv")

    monkeypatch.setattr(dev, "works", lambda _python: "3.11")
    monkeypatch.setattr(dev, "install_with_uv", fail)
    monkeypatch.setattr(dev, "install_with_pip", lambda lock, _variables: calls.append(lock))
    dev.install("requirements-dev.txt")
    assert calls == ["requirements-dev.txt"]
    assert "using pip" in capsys.readouterr().err
    assert dev.is_installed("requirements-dev.txt")


def test_pip_failing_too_says_what_to_look_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".venv" / "bin" / "python").touch()

    def fail(*command: str, **_options: object) -> None:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(dev, "run", fail)
    with pytest.raises(dev.SetUpFailed, match="package index"):
        dev.install_with_pip("requirements.txt", {})


def test_settings_of_pip_reach_uv_and_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"index-url": "https://mirror.example/simple", "cert": "/mirror.pem"}
    monkeypatch.setattr(dev, "pip_settings", lambda: settings)
    for name in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    found = dev.download_environment()
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert found["SSL_CERT_FILE"] == found["NODE_EXTRA_CA_CERTS"] == "/mirror.pem"


@pytest.mark.parametrize("home", ["", "/nonexistent"])
def test_a_home_that_cannot_be_written_is_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("HOME", home)
    assert dev.environment()["HOME"] == str(folder / "var" / "tools" / "home")


def test_another_accounts_checkout_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.os, "access", lambda path, _mode: Path(path) != folder / ".venv")
    with pytest.raises(dev.SetUpFailed, match=r"\.venv belongs to another account"):
        dev.check_ownership()


def test_an_old_python_is_told_which_one_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed, this is 3\.9"):
        dev.main()


def test_an_unknown_command_shows_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev.sys, "argv", ["dev.py", "dmeo"])
    with pytest.raises(SystemExit) as ended:
        dev.main()
    assert ended.value.code == 2
    shown = capsys.readouterr().out
    assert all(f"  {name}" in shown for name in dev.COMMANDS)


def program(file: Path) -> Path:
    file.touch(mode=0o755)
    return file


def test_a_browser_on_the_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUREAU_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dev.system_browser() == ""
    found = program(tmp_path / "chromium")
    assert dev.system_browser() == str(found)
    named = program(tmp_path / "my-chromium")
    monkeypatch.setenv("BUREAU_CHROMIUM", str(named))
    assert dev.system_browser() == str(named)


def test_a_named_browser_that_is_no_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUREAU_CHROMIUM", str(tmp_path / "missing"))
    with pytest.raises(dev.SetUpFailed, match="missing, which is not a program"):
        dev.system_browser()


def test_without_set_up_the_browser_tests_fail_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(test_browser.NoBrowser, match=r"python3 dev\.py test"):
        test_browser.find_browser(tmp_path / "browser.json")


def test_a_browser_that_went_away_fails_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BUREAU_CHROMIUM", raising=False)
    gone = {"executable": str(tmp_path / "chromium"), "libraries": "", "axe": "axe.min.js"}
    (tmp_path / "browser.json").write_text(json.dumps(gone))
    with pytest.raises(test_browser.NoBrowser, match="chromium is not a program"):
        test_browser.find_browser(tmp_path / "browser.json")
    program(tmp_path / "chromium")
    assert test_browser.find_browser(tmp_path / "browser.json").executable.name == "chromium"
