"""The sentences for what the intake's tables refuse."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import say

say(
    {
        "layout_once_per_source_and_headings": _(
            "The columns of this source's files with these headings are remembered already."
        ),
    }
)
