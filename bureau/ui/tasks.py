"""Long work of the page frame: the files of lists."""

from django.utils.translation import gettext_lazy as _

from bureau.core import jobs
from bureau.ui import exports


@jobs.register(exports.JOB_KIND, queue="reports", label=_("File of a list"))
def export_list(context: jobs.JobContext) -> None:
    """The rows of one view of one list are written to a file for the one who asked."""
    exports.write(context)
