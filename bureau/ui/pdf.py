"""Prints as PDF: a layout in Typst and data for it; Chinese fonts of the portal's own, embedded."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent


def made(layout: Path, content: Mapping[str, Any]) -> bytes:
    """The print. The content goes in as data, so that nothing in it is taken for markup."""
    pdf: bytes = typst.compile(
        str(layout),
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
    )
    return pdf
