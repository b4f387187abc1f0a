"""What browser tests of several apps do with a page: judge its accessibility, keep its picture."""

import os
from pathlib import Path
from typing import Any

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def keep_picture(page: Any, name: str) -> None:
    """The page is kept as a picture in the folder that BUREAU_SCREENSHOTS names, if any."""
    folder = os.environ.get("BUREAU_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def violations(page: Any, axe_source: Path) -> list[str]:
    """What axe finds wrong, one line per rule and place."""
    page.evaluate(axe_source.read_text(encoding="utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
