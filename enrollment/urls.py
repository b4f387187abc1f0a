"""Routes of enrollment; each stands in the access matrix (bureau/access.toml)."""

from django.urls import path

from enrollment.views import people, people_file, people_household, proof, rosters
from enrollment.views import roster_detail as detail
from enrollment.views import roster_rows as rows
from enrollment.views import roster_steps as steps

app_name = "enrollment"

urlpatterns = [
    path("rosters/", rosters.RosterList.as_view(), name="roster-list"),
    path("rosters/new/", rosters.RosterCreate.as_view(), name="roster-create"),
    path("rosters/template/", rosters.RosterTemplate.as_view(), name="roster-template"),
    path("rosters/<int:pk>/", detail.RosterDetail.as_view(), name="roster-detail"),
    path("rosters/<int:pk>/files/", steps.RosterFileAdd.as_view(), name="roster-file-add"),
    path(
        "rosters/<int:pk>/files/<int:file>/layout/",
        steps.RosterLayout.as_view(),
        name="roster-layout",
    ),
    path(
        "rosters/<int:pk>/files/<int:file>/remove/",
        steps.RosterFileRemove.as_view(),
        name="roster-file-remove",
    ),
    path("rosters/<int:pk>/start/", steps.RosterStart.as_view(), name="roster-start"),
    path("rosters/<int:pk>/resume/", steps.RosterResume.as_view(), name="roster-resume"),
    path("rosters/<int:pk>/stop/", steps.RosterStop.as_view(), name="roster-stop"),
    path("rosters/<int:pk>/confirm/", steps.RosterConfirm.as_view(), name="roster-confirm"),
    path("rosters/<int:pk>/withdraw/", steps.RosterWithdraw.as_view(), name="roster-withdraw"),
    path("rosters/<int:pk>/error-file/", steps.RosterErrorFile.as_view(), name="roster-error-file"),
    path("rosters/<int:pk>/rows/", rows.RosterRows.as_view(), name="roster-rows"),
    path("rosters/<int:pk>/rows/<int:row>/", rows.RosterRowDetail.as_view(), name="roster-row"),
    path("people/", people.PersonList.as_view(), name="person-list"),
    path("people/<int:pk>/", people_file.PersonDetail.as_view(), name="person-detail"),
    path("people/<int:pk>/reveal/", people_file.PersonReveal.as_view(), name="person-reveal"),
    path("people/<int:pk>/looks/", people_file.PersonLooks.as_view(), name="person-looks"),
    path(
        "households/<int:pk>/",
        people_household.HouseholdDetail.as_view(),
        name="household-detail",
    ),
    path("proof/", proof.ProofPage.as_view(), name="proof"),
    path("proof/export/", proof.ProofExport.as_view(), name="proof-export"),
]
