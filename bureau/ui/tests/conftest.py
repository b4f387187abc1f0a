"""The gallery's routes, opened to clerks, with the portal's staff and counties."""

from typing import Any

import pytest

from bureau.core import access, clock
from bureau.core.choices import Role
from bureau.core.models import StoredFile
from bureau.portal.tests.conftest import (  # noqa: F401 - fixtures
    areas,
    clerk,
    demonstration,
    new_staff,
    open_as,
    reviewer,
    signed_in,
    stranger,
)


@pytest.fixture
def gallery(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clerks and reviewers may open the gallery; nobody its closed route."""
    settings.ROOT_URLCONF = "bureau.ui.tests.gallery"
    roles = frozenset({Role.CLERK, Role.REVIEWER})
    entry = access.Entry(methods=("GET", "POST"), roles_by_method={"GET": roles, "POST": roles})
    entries = {f"gallery:{name}": entry for name in ("files", "file", "payment", "act", "rename")}
    matrix = access.Matrix({**access.matrix().entries, **entries})
    monkeypatch.setattr(access, "matrix", lambda: matrix)


@pytest.fixture
def new_file(areas: Any) -> Any:  # noqa: F811
    def make(name: str, size: int = 1, area: str = "zhuanghe", **fields: Any) -> StoredFile:
        number = StoredFile.objects.count()
        return StoredFile.objects.create(
            original_name=name,
            size=size,
            area=areas[area],
            path=f"test/{number}",
            sha256=f"{number:064d}",
            created_at=clock.now(),
            created_by="test",
            **{"purpose": "a", **fields},
        )

    return make
