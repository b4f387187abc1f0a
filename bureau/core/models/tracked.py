"""Which shared tables keep the change history of their rows."""

from bureau.core.models.areas import Area
from bureau.core.models.codes import CodeTable, CodeValue
from bureau.core.models.staff import RoleGrant, Staff
from bureau.core.tracking import tracked

tracked()(Area)
tracked()(CodeTable)
tracked()(CodeValue)
tracked()(RoleGrant)
# The password's hash is kept nowhere twice, and a sign-in is no change of the account.
tracked(exclude=["password", "last_login"])(Staff)
