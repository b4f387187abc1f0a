"""Forms that edit: what was filled in upon an older state never overwrites a newer one unseen."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


def of(row: models.Model, fields: Iterable[str]) -> str:
    """The version of these fields of the row; another as soon as one of them is another."""
    by_name = {field.name: field for field in row._meta.concrete_fields}
    return of_values([by_name[name].value_from_object(row) for name in fields])


def of_values(values: Any) -> str:
    """The version of any values that can be written down."""
    written = json.dumps(values, cls=_Encoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:24]


class _Encoder(DjangoJSONEncoder):
    """Also writes ranges, of days for instance, and whatever else has a plain text."""

    def default(self, value: Any) -> Any:
        try:
            return super().default(value)
        except TypeError:
            return str(value)
