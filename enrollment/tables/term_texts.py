"""Words of linkage, de-duplication and double enrollment, explained on their pages."""

from django.utils.translation import gettext_lazy as _

from bureau.ui.statuses import status_of
from bureau.ui.terms import Term, register
from enrollment.choices.double import Confidence


def register_terms() -> None:
    """The terms are known; call it after the tones of how well a document is known are."""
    _register_own()
    _register_official()


def _register_own() -> None:
    """Words whose meaning is the portal's own."""
    register(
        Term(
            "weight",
            _("Weight"),
            _(
                "How much one agreement or difference speaks for or against one person, in bits; "
                "the weights of a pair are added up."
            ),
        ),
        Term(
            "threshold",
            _("Threshold"),
            _("From which sum of weights on a row is linked unasked, or a clerk is asked."),
        ),
        Term(
            "veto",
            _("Veto rule"),
            _("What forbids a link however much agrees, such as two different valid numbers."),
        ),
        Term(
            "trial",
            _("Trial over the roll"),
            _(
                "All rosters on the roll are linked anew by two versions, and what would differ is "
                "counted. Nothing on the roll changes."
            ),
        ),
        Term(
            "stage",
            _("Stages of the funnel"),
            _(
                "Each stage counts rows of the one before: records, valid ones, those listed once "
                "in their file, those that meet another row. The last one counts coverages."
            ),
        ),
    )


def _register_official() -> None:
    """Words that a document defines."""
    seen = status_of(Confidence, Confidence.SEEN)
    second_hand = status_of(Confidence, Confidence.SECONDARY)
    register(
        Term(
            "identity_number",
            _("Identity number check"),
            _(
                "18 characters: six for the area, eight for the birth date, three for the order "
                "(odd for men, even for women), and a check character by weights modulo 11."
            ),
            document="GB 11643",
            confidence=seen,
        ),
        Term(
            "double_enrollment",
            _("Double enrollment, as defined"),
            _(
                "Two or more normal paid coverages of one person for the same period, in the same "
                "or in different schemes."
            ),
            document="医保发〔2020〕33号",
            confidence=second_hand,
        ),
        Term(
            "subsidy_avoided",
            _("Subsidy that is avoided"),
            _(
                "Of residents enrolled twice, one coverage ends and the subsidy of that year is "
                "deducted. Where only a national minimum is known, the sum is a lower bound."
            ),
            document="医保发〔2020〕33号",
            confidence=second_hand,
        ),
        Term(
            "refund",
            _("Refund of the contribution"),
            _(
                "Before the benefit period begins, on request, for instance after paying twice or "
                "with employee insurance; afterwards there is none."
            ),
            document="医保办函〔2021〕11号",
            clause=_("article 16"),
            confidence=second_hand,
        ),
    )
