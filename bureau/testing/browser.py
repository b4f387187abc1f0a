"""The browser of the tests: which one, with which fonts, and shut off from the internet."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
#: Written by `dev.py test`.
BROWSER_STATE = ROOT / "var" / "tools" / "browser" / "browser.json"

LAUNCH_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # A page that needs the internet fails here, as it would in the bureau's closed network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>serif</family><prefer><family>Noto Serif SC</family></prefer></alias>
  <match target="pattern">
    <edit name="family" mode="append_last"><string>Noto Sans SC</string></edit>
  </match>
</fontconfig>
"""


class NoBrowser(RuntimeError):
    """There is no Chromium for the tests; the message says how to get one."""


@dataclass(frozen=True)
class Browser:
    """A Chromium, the libraries it needs beside it, and the accessibility rules."""

    executable: Path
    libraries: str
    axe: Path

    def launch_options(self, folder: Path) -> dict[str, Any]:
        """Options for Playwright's `launch`; `folder` keeps the list of fonts."""
        environment: dict[str, str] = {**os.environ, "FONTCONFIG_FILE": str(write_fonts(folder))}
        if self.libraries:
            environment["LD_LIBRARY_PATH"] = self.libraries
        return {
            "executable_path": str(self.executable),
            "args": LAUNCH_ARGUMENTS,
            "env": environment,
        }


def find_browser(state_file: Path = BROWSER_STATE) -> Browser:
    """What `dev.py test` set up, with BUREAU_CHROMIUM before it. Raises NoBrowser."""
    try:
        state = json.loads(state_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NoBrowser(
            "the browser tests have no Chromium: `python3 dev.py test` fetches one, or finds the"
            " one that BUREAU_CHROMIUM names"
        ) from None
    named = os.environ.get("BUREAU_CHROMIUM")
    executable = Path(named or state["executable"])
    if not os.access(executable, os.X_OK):
        raise NoBrowser(
            f"the browser tests have no Chromium: {executable} is not a program; run"
            " `python3 dev.py test`, or correct BUREAU_CHROMIUM"
        )
    return Browser(executable, "" if named else state["libraries"], Path(state["axe"]))


def write_fonts(folder: Path) -> Path:
    """A fontconfig file with the Chinese fonts of the reports and no others.

    Screenshots then look the same on every machine, and show Chinese on one without fonts.
    """
    import pylopdf_fonts_zh_cn

    fonts = Path(pylopdf_fonts_zh_cn.__file__).parent
    file = folder / "fonts.conf"
    file.write_text(FONTS.format(fonts=fonts, cache=folder / "font-cache"), encoding="utf-8")
    return file
