"""Base views of the portal: a list, a record, a form, an act; each app declares its own by them."""

from bureau.ui.views.acts import ActionView
from bureau.ui.views.batches import BatchPage
from bureau.ui.views.conflicts import conflict_page
from bureau.ui.views.entry import FormPage
from bureau.ui.views.list_query import Quick
from bureau.ui.views.lists import Empty, ListPage
from bureau.ui.views.pages import PortalPage, own_path
from bureau.ui.views.records import DetailPage, Section

__all__ = [
    "ActionView",
    "BatchPage",
    "DetailPage",
    "Empty",
    "FormPage",
    "ListPage",
    "PortalPage",
    "Quick",
    "Section",
    "conflict_page",
    "own_path",
]
