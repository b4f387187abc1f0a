"""Sentences for what the tables of the fund refuse."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import say

say(
    {
        "fund_fund_code_key": _("There is a fund of this code already."),
        "fund_code_is_plain": _("A fund's code is of digits, capitals, hyphens and low lines."),
        "fund_stands": _("What a fund is never changes."),
        "fund_book_fund_id_key": _("The fund has its book already."),
        "book_stands": _("What a book is of, and who opened it, never change."),
        "account_code_once_per_book": _("The book has an account of this number already."),
        "account_code_is_digits": _(
            "An account number is of digits; the first is the class, from 1 to 5."
        ),
        "account_top_level_has_no_parent": _(
            "An account of the first level is part of no other; every other one is."
        ),
        "account_says_its_source": _("An account says where it is known from."),
        "account_stands": _("Number, class and place of an account never change."),
        "account_with_lines_keeps_its_name": _(
            "An account that has lines keeps its name: its vouchers show it."
        ),
        "account_hangs_on_its_parent": _(
            "A sub-account has the class of its account, lies one level below, and its number "
            "begins with the account's."
        ),
        "account_parent_in_the_same_book": _("A sub-account belongs to the book of its account."),
        "account_of_its_book": _("An account belongs to one book."),
        "account_leaf_of_its_book": _("An account belongs to one book."),
        "period_once_per_book": _("The book has this accounting period already."),
        "period_month_is_a_month": _(
            "A period is a month from 1 to 12, or 0 for the opening balances."
        ),
        "period_has_days_in_order": _("A period ends on or after its first day."),
        "period_days_are_its_month": _(
            "The days of a period are those of its month, from the first to the last."
        ),
        "period_days_once_per_book": _("Another period of the book has some of these days."),
        "period_opening_once_per_book": _("The book has its opening balances already."),
        "period_opened_by_the_operator": _(
            "Accounting periods are opened by the operator's commands, not by the portal."
        ),
        "period_closed_by_somebody": _("A closed period names who closed it, and when."),
        "period_stands": _("What a period is never changes."),
        "period_closed": _(
            "The accounting period is closed and takes nothing more; correct by a voucher of an "
            "open period."
        ),
        "period_close_needs_its_approval": _("A period is closed by two people."),
        "period_of_its_book": _("A period belongs to one book."),
        "balance_once_per_period_and_account": _("The balance of the period stands already."),
        "voucher_number_once_per_period": _("Another voucher of the period has this number."),
        "voucher_numbers_have_no_gap": _(
            "Numbers of vouchers follow one another in the period, without a gap."
        ),
        "voucher_source_once_for_ever": _("The event was posted already."),
        "voucher_numbered_when_posted": _("A voucher has its number once it is posted."),
        "voucher_posted_by_another": _(
            "You drafted, changed or submitted this voucher; another member of staff posts it."
        ),
        "voucher_needs_its_approval": _("A voucher is posted after a second person approved it."),
        "voucher_begins_as_a_draft": _("A voucher begins as a draft."),
        "voucher_of_an_event_names_it": _("A voucher of an event, and no other, names its event."),
        "voucher_of_an_event_has_its_rule": _(
            "No approved posting rule says for this day to which accounts the event goes."
        ),
        "voucher_of_an_event_is_black": _(
            "An event is never posted in red; a voucher by hand takes it back, by two people."
        ),
        "voucher_of_an_event_follows_its_rule": _(
            "The lines of an event are not those of its posting rule."
        ),
        "voucher_in_red_reverses_one": _("A voucher in red, and no other, reverses another."),
        "voucher_in_red_mirrors": _(
            "A voucher in red says line by line what it reverses, with the other sign."
        ),
        "voucher_reverses_a_posted_one": _("Only a posted voucher is reversed."),
        "voucher_reverses_one_of_the_same_book": _(
            "A voucher reverses one of its own book, and none that is in red itself."
        ),
        "fund_voucher_reverses_id_key": _("The voucher was reversed already."),
        "voucher_total_has_its_sign": _("The total of a voucher is below zero only in red."),
        "voucher_texts_are_one_line": _("A voucher has a summary, of one line."),
        "voucher_stands": _("Where a voucher comes from, and who worked on it, never change."),
        "voucher_posted_stands": _(
            "A posted voucher never changes and is never removed; reverse it in red."
        ),
        "voucher_submitted_stands": _(
            "The voucher was submitted; it changes only after it has been returned."
        ),
        "voucher_day_in_its_period": _("The date of a voucher lies in its accounting period."),
        "voucher_period_in_the_same_book": _("A voucher and its period belong to one book."),
        "voucher_rule_in_the_same_book": _("A voucher and its posting rule belong to one book."),
        "voucher_of_its_book": _("A voucher belongs to one book."),
        "voucher_balances": _(
            "The voucher does not balance: it needs two lines, and as much debit as credit."
        ),
        "voucher_line_once_per_number": _("The voucher has a line of this number already."),
        "voucher_line_is_debit_or_credit": _(
            "A line has an amount above zero in debit or in credit, not in both."
        ),
        "voucher_line_has_a_summary_of_one_line": _("Each line has a summary, of one line."),
        "voucher_line_of_its_voucher": _("A line belongs to the book of its voucher."),
        "voucher_line_names_a_leaf": _(
            "Lines go to accounts of the book that have no sub-accounts; and an account with "
            "lines or posting rules gets none."
        ),
        "voucher_lines_stand": _("Lines change only while their voucher is a draft."),
        "posting_sequence_once_per_book": _("The book's chain has this link already."),
        "posting_first_number_once": _("These vouchers were posted already."),
        "posting_has_numbers_in_order": _("A posting ends on or after its first number."),
        "posting_stands": _("A link of the chain never changes and is never removed."),
        "posting_follows_a_sealed_one": _("The link before is missing or not sealed."),
        "posting_rule_one_on_a_day": _("On some of these days another posting rule holds."),
        "posting_rule_period_has_a_first_day": _("A posting rule holds from a day on."),
        "posting_rule_event_is_a_code": _("An event is named by small letters and dots."),
        "posting_rule_says_its_source": _("A posting rule says where it is known from."),
        "posting_rule_approved_by_another": _(
            "Who worked on a posting rule does not approve it; another member of staff does."
        ),
        "posting_rule_needs_its_approval": _(
            "A posting rule holds after a second person approved it."
        ),
        "posting_rule_stands": _("A posting rule that was submitted or approved stands."),
        "posting_rule_of_its_book": _("A posting rule belongs to one book."),
        "posting_rule_line_once_per_place": _("The posting rule has a line at this place already."),
        "posting_rule_line_in_the_same_book": _("A line of a rule belongs to the rule's book."),
        "posting_rule_line_names_a_leaf": _(
            "Posting rules name accounts of their book that have no sub-accounts."
        ),
    }
)
