"""Routes of the portal's own pages; each stands in the access matrix (bureau/access.toml)."""

from django.urls import path

from bureau.portal.views import (
    delegations,
    exports,
    home,
    jobs,
    notifications,
    own,
    parameters,
    search,
    status,
    todo,
)

app_name = "portal"

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("search/", search.Search.as_view(), name="search"),
    path("todo/", todo.Todo.as_view(), name="todo"),
    path("todo/approve/", todo.ApprovalsApprove.as_view(), name="approvals-approve"),
    path("todo/<int:pk>/", todo.ApprovalDetail.as_view(), name="approval-detail"),
    path("todo/<int:pk>/decide/", todo.ApprovalDecide.as_view(), name="approval-decide"),
    path("todo/<int:pk>/withdraw/", todo.ApprovalWithdraw.as_view(), name="approval-withdraw"),
    path("delegations/", delegations.Delegations.as_view(), name="delegations"),
    path("delegations/end/", delegations.DelegationEnd.as_view(), name="delegation-end"),
    path("notifications/", notifications.Notifications.as_view(), name="notifications"),
    path(
        "notifications/read/", notifications.NotificationsRead.as_view(), name="notifications-read"
    ),
    path("subscriptions/", notifications.Subscriptions.as_view(), name="subscriptions"),
    path("jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/stop/", jobs.JobsCancel.as_view(), name="jobs-cancel"),
    path("jobs/go-on/", jobs.JobsRetry.as_view(), name="jobs-retry"),
    path("jobs/<int:pk>/", jobs.JobDetail.as_view(), name="job-detail"),
    path("jobs/<int:pk>/progress/", jobs.JobProgress.as_view(), name="job-progress"),
    path("jobs/<int:pk>/cancel/", jobs.JobCancel.as_view(), name="job-cancel"),
    path("jobs/<int:pk>/retry/", jobs.JobRetry.as_view(), name="job-retry"),
    path("jobs/<int:pk>/note/", jobs.JobNote.as_view(), name="job-note"),
    path("status/", status.SystemStatus.as_view(), name="status"),
    path("files/<int:pk>/", jobs.ExportDownload.as_view(), name="export-download"),
    path("exports/", exports.Exports.as_view(), name="exports"),
    path("exports/revoke/", exports.ExportsRevoke.as_view(), name="exports-revoke"),
    path("exports/new/<str:token>/", exports.ExportCreate.as_view(), name="export-create"),
    path("exports/<int:pk>/", exports.ExportDetail.as_view(), name="export-detail"),
    path("exports/<int:pk>/revoke/", exports.ExportRevoke.as_view(), name="export-revoke"),
    path("parameters/", parameters.Parameters.as_view(), name="parameters"),
    path("parameters/<str:key>/", parameters.ParameterChange.as_view(), name="parameter"),
    path("language/", own.Language.as_view(), name="language"),
    path("shortcuts/", own.Shortcuts.as_view(), name="shortcuts"),
    path("help/", own.Help.as_view(), name="help"),
]
