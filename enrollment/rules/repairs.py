"""What the reasons for which rows wait ask of the one who corrects them."""

from types import MappingProxyType
from typing import Final

from enrollment.choices import Reason

#: The field in whose cell the fault of each reason lies, as far as one cell tells.
FIELD_OF_REASON: Final = MappingProxyType(
    {
        Reason.ID_MISSING: "id_number",
        Reason.NEWBORN_WITHOUT_NUMBER: "id_number",
        Reason.ID_CHECK_FAILS: "id_number",
        Reason.ID_LENGTH: "id_number",
        Reason.ID_DATE: "id_number",
        Reason.ID_AREA: "id_number",
        Reason.ID_CENTENARIAN: "id_number",
        Reason.ID_DECIMAL: "id_number",
        Reason.ID_SCIENTIFIC: "id_number",
        Reason.ID_ZEROES: "id_number",
        Reason.ID_ENDS_000: "id_number",
        Reason.ID_WRONG_COLUMN: "id_number",
        Reason.ID_OTHER_DOCUMENT: "id_number",
        Reason.ID_MASKED: "id_number",
        Reason.ID_UNREADABLE: "id_number",
        Reason.ID_OF_PARENT: "id_number",
        Reason.ID_SHARED: "id_number",
        Reason.ID_ISSUED_TWICE: "id_number",
        Reason.LISTED_TWICE: "name",
        Reason.EDITION_UNSURE: "name",
        Reason.BIRTH_DIFFERS: "birth_on",
        Reason.BIRTH_IMPOSSIBLE: "birth_on",
        Reason.BIRTH_UNREADABLE: "birth_on",
        Reason.BIRTH_MISSING: "birth_on",
        Reason.BIRTH_IN_FUTURE: "birth_on",
        Reason.AGE_EXTREME: "birth_on",
        Reason.SEX_DIFFERS: "sex",
        Reason.SEX_UNREADABLE: "sex",
        Reason.NAME_MISSING: "name",
        Reason.NAME_RARE_LOST: "name",
        Reason.NAME_ODD: "name",
        Reason.AMOUNT_NEGATIVE: "amount",
        Reason.AMOUNT_MISSING: "amount",
        Reason.AMOUNT_UNREADABLE: "amount",
        Reason.YEAR_OTHER: "year",
        Reason.YEAR_UNREADABLE: "year",
        Reason.SCHEME_OTHER: "scheme_code",
        Reason.BEGIN_UNREADABLE: "begins_on",
        Reason.DECEASED: "remarks",
        Reason.GONE: "remarks",
    }
)
