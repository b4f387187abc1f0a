"""Money is never a float: not in the fund's code, not in its columns, not in its JSON."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from bureau.core.fields import MoneyField

ROOT = Path(settings.BASE_DIR)
FILES = [
    *(p for p in sorted((ROOT / "fund").rglob("*.py")) if "tests" not in p.parts),
    ROOT / "bureau/core/money.py",
    ROOT / "bureau/core/fields.py",
]


def floats_in(source: str) -> list[str]:
    """Literals with a fraction, calls of float, and true division of what may be money."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"{node.lineno}: the literal {node.value}")
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float":
            found.append(f"{node.lineno}: a call of float")
        if isinstance(node, ast.Attribute) and node.attr in {"FloatField", "Float64", "Float32"}:
            found.append(f"{node.lineno}: {node.attr}")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not _is_path(node):
            found.append(f"{node.lineno}: a true division")
    return found


def _is_path(node: ast.BinOp) -> bool:
    """Dividing by a text joins a path."""
    right, left = node.right, node.left
    texts = (ast.Constant, ast.JoinedStr)
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (left, right)
        if isinstance(side, texts)
    ) or (isinstance(left, ast.Name) and left.id in {"REFERENCE", "folder", "FEN"}) or (
        isinstance(left, ast.Call) and getattr(left.func, "id", "") in {"abs", "Fraction"}
    )  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_money_code_has_no_floats(path):
    found = floats_in(path.read_text(encoding="utf-8"))
    allowed = {"bureau/core/money.py": 1}  # Fractions are divided exactly.
    assert len(found) <= allowed.get(str(path.relative_to(ROOT)), 0), found


@pytest.mark.parametrize(
    "source", ["rate = 0.1", "float(amount)", "models.FloatField()", "total / 3", "pl.Float64"]
)
def test_the_lint_finds_each_kind(source):
    assert floats_in(source)


def test_amounts_are_money_fields():
    words = ("amount", "debit", "credit", "total", "balance")
    for model in apps.get_app_config("fund").get_models():
        for field in model._meta.local_fields:
            assert not isinstance(field, models.FloatField), field
            if field.name in words or field.name.endswith("_amount"):
                assert isinstance(field, MoneyField), field


@pytest.mark.django_db
def test_columns_of_the_fund_are_exact():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_name LIKE 'fund\\_%%' AND data_type IN ('real', 'double precision')"
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT sum(debit) FROM fund_voucherline")
        assert isinstance(cursor.fetchone()[0] or Decimal(0), Decimal)
