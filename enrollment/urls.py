"""Routes of enrollment; each stands in the access matrix (bureau/access.toml)."""

from django.urls import path

from enrollment.views import (
    corrections,
    dedupe,
    double_case,
    double_cases,
    double_decisions,
    double_notices,
    double_overlaps,
    double_rules,
    editions,
    fallen,
    linkage_doubts,
    linkage_models,
    people,
    people_file,
    people_household,
    problem_file,
    proof,
    proof_aside,
    proof_signing,
    review_numbers,
    review_terms,
    roster_undo,
    rosters,
    row_forms,
    row_judgement,
    row_moves,
    row_sight,
)
from enrollment.views import review_bundle as bundle
from enrollment.views import review_pair as pair
from enrollment.views import review_queue as queue
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
    path(
        "rosters/<int:pk>/columns-again/",
        steps.RosterColumnsAgain.as_view(),
        name="roster-columns-again",
    ),
    path("rosters/<int:pk>/withdraw/", steps.RosterWithdraw.as_view(), name="roster-withdraw"),
    path("rosters/<int:pk>/undo/", roster_undo.RosterUndoing.as_view(), name="roster-undo"),
    path("rosters/<int:pk>/edition/", editions.EditionLines.as_view(), name="roster-edition"),
    path(
        "rosters/<int:pk>/edition/left-out/",
        editions.LeftOutDecide.as_view(),
        name="roster-left-out",
    ),
    path("rosters/<int:pk>/edition/end/", editions.LeftOutEnd.as_view(), name="roster-end"),
    path(
        "rosters/<int:pk>/edition/<int:line>/",
        editions.EditionLineDetail.as_view(),
        name="edition-line",
    ),
    path(
        "rosters/<int:pk>/error-file/",
        problem_file.RosterErrorFile.as_view(),
        name="roster-error-file",
    ),
    path("rosters/<int:pk>/rows/", rows.RosterRows.as_view(), name="roster-rows"),
    path("rosters/<int:pk>/reveal/", row_sight.RosterReveal.as_view(), name="roster-reveal"),
    path("rosters/<int:pk>/rows/<int:row>/", rows.RosterRowDetail.as_view(), name="roster-row"),
    path(
        "rosters/<int:pk>/rows/<int:row>/repair/",
        row_forms.RowRepair.as_view(),
        name="roster-row-repair",
    ),
    path(
        "rosters/<int:pk>/rows/<int:row>/right/",
        row_judgement.RowRight.as_view(),
        name="roster-row-right",
    ),
    path(
        "rosters/<int:pk>/rows/<int:row>/leave-out/",
        row_judgement.RowLeaveOut.as_view(),
        name="roster-row-leave-out",
    ),
    path(
        "rosters/<int:pk>/rows/<int:row>/take-in/",
        row_judgement.RowTakeInAgain.as_view(),
        name="roster-row-take-in",
    ),
    path(
        "rosters/<int:pk>/rows/leave-out/",
        row_judgement.RowsLeaveOut.as_view(),
        name="roster-rows-leave-out",
    ),
    path(
        "rosters/<int:pk>/rows/right/", row_judgement.RowsRight.as_view(), name="roster-rows-right"
    ),
    path(
        "rosters/<int:pk>/corrections/new/",
        corrections.CorrectionCreate.as_view(),
        name="roster-corrections",
    ),
    path(
        "rosters/<int:pk>/files/<int:file>/corrections/",
        corrections.CorrectionFromDraft.as_view(),
        name="roster-file-corrections",
    ),
    path("corrections/<int:pk>/", corrections.CorrectionDetail.as_view(), name="correction-detail"),
    path(
        "corrections/<int:pk>/lines/",
        corrections.CorrectionLines.as_view(),
        name="correction-lines",
    ),
    path(
        "corrections/<int:pk>/lines/<int:line>/",
        corrections.CorrectionLine.as_view(),
        name="correction-line",
    ),
    path(
        "corrections/<int:pk>/submit/",
        corrections.CorrectionSubmit.as_view(),
        name="correction-submit",
    ),
    path(
        "corrections/<int:pk>/drop/", corrections.CorrectionDrop.as_view(), name="correction-drop"
    ),
    path(
        "corrections/<int:pk>/resume/",
        corrections.CorrectionResume.as_view(),
        name="correction-resume",
    ),
    path("people/", people.PersonList.as_view(), name="person-list"),
    path("people/<int:pk>/", people_file.PersonDetail.as_view(), name="person-detail"),
    path("people/<int:pk>/reveal/", people_file.PersonReveal.as_view(), name="person-reveal"),
    path(
        "people/<int:pk>/rows/<int:row>/move/",
        row_moves.RowMoveAsk.as_view(),
        name="row-move-ask",
    ),
    path("row-moves/<int:pk>/", row_moves.RowMoveSubject.as_view(), name="row-move"),
    path("people/<int:pk>/looks/", people_file.PersonLooks.as_view(), name="person-looks"),
    path(
        "households/<int:pk>/",
        people_household.HouseholdDetail.as_view(),
        name="household-detail",
    ),
    path("review/", queue.ReviewHome.as_view(), name="review"),
    path("review/take/", queue.ReviewTake.as_view(), name="review-take"),
    path("review/take-returned/", queue.ReviewTakeReturned.as_view(), name="review-take-returned"),
    path("review/hand-in/", queue.ReviewHandIn.as_view(), name="review-hand-in"),
    path("review/give-back/", queue.ReviewGiveBack.as_view(), name="review-give-back"),
    path("review/undo/", queue.ReviewUndoLast.as_view(), name="review-undo-last"),
    path("review/numbers/", review_numbers.ReviewNumbers.as_view(), name="review-numbers"),
    path("review/handed-in/<int:pk>/", bundle.ReviewBundle.as_view(), name="review-bundle"),
    path(
        "review/handed-in/<int:pk>/decide/",
        bundle.ReviewBundleDecide.as_view(),
        name="review-bundle-decide",
    ),
    path("review/overview/", queue.ReviewOverview.as_view(), name="review-overview"),
    path("review/terms/", review_terms.ReviewTermsChange.as_view(), name="review-terms"),
    path("review/pairs/", queue.ReviewPairs.as_view(), name="review-pairs"),
    path("review/pairs/<int:pk>/", pair.ReviewPair.as_view(), name="review-pair"),
    path("review/pairs/<int:pk>/take/", pair.ReviewTakePair.as_view(), name="review-take-pair"),
    path("review/pairs/<int:pk>/decide/", pair.ReviewDecide.as_view(), name="review-decide"),
    path(
        "review/pairs/<int:pk>/take-back/", pair.ReviewTakeBack.as_view(), name="review-take-back"
    ),
    path("review/pairs/<int:pk>/reveal/", pair.ReviewReveal.as_view(), name="review-reveal"),
    path("linkage/", linkage_models.LinkageModels.as_view(), name="linkage-models"),
    path("linkage/version/", linkage_models.LinkageModel.as_view(), name="linkage-model"),
    path("linkage/draft/", linkage_models.LinkageDraft.as_view(), name="linkage-draft"),
    path("linkage/act/", linkage_models.LinkageAct.as_view(), name="linkage-act"),
    path("linkage/doubts/", linkage_doubts.LinkageDoubts.as_view(), name="linkage-doubts"),
    path("linkage/doubts/keep/", linkage_doubts.DoubtsKeep.as_view(), name="linkage-doubts-keep"),
    path("duplicates/", dedupe.DedupeOverview.as_view(), name="dedupe"),
    path("duplicates/count/", dedupe.DedupeRecount.as_view(), name="dedupe-count"),
    path("proof/", proof.ProofPage.as_view(), name="proof"),
    path("proof/fallen/", fallen.FallenList.as_view(), name="fallen"),
    path("proof/export/", proof.ProofExport.as_view(), name="proof-export"),
    path("proof/count/", proof_signing.ProofCount.as_view(), name="proof-count"),
    path("proof/sign/", proof_signing.ProofPrepare.as_view(), name="proof-prepare"),
    path("proof/<int:pk>/", proof_signing.ProofSigned.as_view(), name="proof-signed"),
    path("proof/<int:pk>/aside/", proof_aside.ProofAside.as_view(), name="proof-aside"),
    path("proof/<int:pk>/compare/", proof_signing.ProofCompare.as_view(), name="proof-compare"),
    path("double-enrollment/", double_cases.DoubleList.as_view(), name="double-list"),
    path("double-enrollment/decide/", double_cases.DoubleDecide.as_view(), name="double-decide"),
    path(
        "double-enrollment/notices/", double_notices.DoubleNotices.as_view(), name="double-notices"
    ),
    path(
        "double-enrollment/notices/print/",
        double_notices.NoticesPrint.as_view(),
        name="double-notices-print",
    ),
    path(
        "double-enrollment/notices/by-town/",
        double_notices.NoticesByTown.as_view(),
        name="double-notices-list",
    ),
    path(
        "double-enrollment/notices/delivered/",
        double_notices.NoticesDelivered.as_view(),
        name="double-notices-delivered",
    ),
    path("double-enrollment/propose/", double_cases.DoublePropose.as_view(), name="double-propose"),
    path(
        "double-enrollment/overlaps/",
        double_overlaps.DoubleOverlaps.as_view(),
        name="double-overlaps",
    ),
    path("double-enrollment/rules/", double_rules.DoubleRules.as_view(), name="double-rules"),
    path(
        "double-enrollment/rules/change/",
        double_rules.DoubleRulesChange.as_view(),
        name="double-rules-change",
    ),
    path(
        "double-enrollment/rules/act/",
        double_rules.DoubleRulesAct.as_view(),
        name="double-rules-act",
    ),
    path("subsidies/new/", double_rules.SubsidyAdd.as_view(), name="subsidy-add"),
    path("subsidies/submit/", double_rules.SubsidySubmit.as_view(), name="subsidy-submit"),
    path(
        "double-enrollment/decisions/",
        double_decisions.DoubleDecisions.as_view(),
        name="double-decisions",
    ),
    path(
        "double-enrollment/decisions/<int:pk>/",
        double_decisions.DoubleDecisionDetail.as_view(),
        name="double-decision",
    ),
    path(
        "double-enrollment/decisions/<int:pk>/take-back/",
        double_decisions.DoubleTakeBack.as_view(),
        name="double-take-back",
    ),
    path("double-enrollment/<int:pk>/", double_case.DoubleDetail.as_view(), name="double-detail"),
    path(
        "double-enrollment/<int:pk>/decide/",
        double_case.DoubleSingle.as_view(),
        name="double-single",
    ),
    path(
        "double-enrollment/<int:pk>/object/",
        double_case.DoubleContest.as_view(),
        name="double-contest",
    ),
    path(
        "double-enrollment/<int:pk>/uphold/",
        double_case.DoubleUphold.as_view(),
        name="double-uphold",
    ),
    path(
        "double-enrollment/<int:pk>/reopen/",
        double_case.DoubleReopen.as_view(),
        name="double-reopen",
    ),
    path(
        "double-enrollment/<int:pk>/facts/",
        double_case.DoubleFactAdd.as_view(),
        name="double-fact",
    ),
    path(
        "double-enrollment/<int:pk>/facts/withdraw/",
        double_case.DoubleFactWithdraw.as_view(),
        name="double-fact-withdraw",
    ),
]
