"""Django configuration of the portal app: its lines of the menu."""

from django.apps import AppConfig, apps
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

#: What administrators keep on the maintenance pages, each behind its own roles, with its icon.
MAINTAINED = {
    "core.area": "institution",
    "core.codetable": "book",
    "core.codevalue": "book",
    "core.staff": "people",
    "core.rolegrant": "lock",
    "core.staffsession": "clock",
    "core.signinfailure": "warning",
    "core.auditevent": "report",
    "core.accesslog": "search",
    "core.approvalrequest": "check",
    "enrollment.rosterbatch": "upload",
}


class PortalConfig(AppConfig):
    name = "bureau.portal"
    label = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        from bureau.portal import counters, notices
        from bureau.portal.views import search as finding
        from bureau.portal.views import status
        from bureau.ui import navigation, search, terms

        register = navigation.register
        register("work", _("Home"), "portal:home", order=10, icon="home")
        register(
            "work", _("To-do"), "portal:todo", order=20, icon="todo", counter=counters.todo_count
        )
        register(
            "work", _("Jobs"), "portal:jobs", order=30, icon="jobs", counter=counters.running_count
        )
        register(
            "work",
            _("Notifications"),
            "portal:notifications",
            order=25,
            icon="note",
            counter=counters.unread_count,
        )
        notices.register_own()
        terms.register(
            terms.Term(
                "deadline",
                _("Deadline of a request"),
                _(
                    "Working days by the kind of request, a parameter of the bureau; holidays and "
                    "make-up days are the code tables rest_day and make_up_day."
                ),
            ),
            terms.Term(
                "own_work",
                _("Own work"),
                _(
                    "Nobody approves what was made or drafted under the own staff number, nor what "
                    "somebody made whose approvals one looks after."
                ),
            ),
        )
        register("administration", _("System status"), "portal:status", order=90, icon="check")
        navigation.register_work(status.failed_jobs, order=10)
        register("reports", _("Exports"), "portal:exports", order=80, icon="download")
        register("administration", _("Parameters"), "portal:parameters", order=20, icon="settings")
        search.register(_("Jobs"), "portal:jobs", finding.find_jobs, order=80)
        search.register(_("Exports"), "portal:exports", finding.find_exports, order=90)
        for order, (model, icon) in enumerate(MAINTAINED.items(), start=40):
            route = f"admin:{model.replace('.', '_')}_changelist"
            label = capfirst(apps.get_model(model)._meta.verbose_name_plural)
            register("administration", label, route, order=order, icon=icon, is_maintenance=True)
