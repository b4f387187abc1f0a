"""The pages on double enrollment: lists, cases, bulk work by rule, facts, rules and figures."""

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureau.core import approvals, clock, jobs
from bureau.core.choices import Role
from bureau.core.models import AccessLog, ApprovalRequest, Area, Job, Staff
from bureau.core.tests import factories
from enrollment.choices.double import CaseState
from enrollment.models import (
    DoubleCase,
    DoubleDecision,
    DoubleFact,
    DoubleRuleSet,
    DoubleSide,
    Person,
    SubsidyStandard,
)
from enrollment.selectors import double_figures
from enrollment.tables import double_words
from enrollment.tests import doubles
from enrollment.tests.double.test_decide import single
from enrollment.tests.doubles import case_of, spells


@pytest.fixture
def client_of(cases: None, settings: Any) -> Callable[..., Client]:
    settings.DEMO = True

    def sign_in(role: Role, area: str = doubles.CITY) -> Client:
        name = f"{role}-{area}".lower()
        staff = Staff.objects.filter(username=name).first() or factories.staff(
            name,
            (role, Area.objects.get(code=area)),
            is_demonstration=True,
            language="en",
            staff_no=name[-20:],
        )
        client = Client()
        client.force_login(staff, backend="bureau.core.sign_in.StaffBackend")
        return client

    return sign_in


def confirm(client: Client, address: str, answer: Any, **more: str) -> Any:
    """The check page is confirmed as a browser would."""
    context = answer.context
    sent = {
        "form_token": context["form_token"],
        "selection": context["selection"],
        "chosen": context["numbers"],
        "_confirmed": context["seen"],
        **more,
    }
    return client.post(address, sent)


def test_the_list_names_nobody_and_finds_by_pair(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK)
    page = client.get("/double-enrollment/")
    text = page.content.decode()
    assert page.context["count"].figure == 6
    names = [name for name in Person.objects.values_list("name", flat=True) if len(name) > 2]
    assert not [name for name in names if name in text]
    pair = {"area": doubles.WAFANGDIAN, "other_area": doubles.OLD_TOWN}
    assert client.get("/double-enrollment/", pair).context["count"].figure == 5
    turned = {"other_area": doubles.WAFANGDIAN, "area": doubles.OLD_TOWN}
    assert client.get("/double-enrollment/", turned).context["count"].figure == 5
    none = {"scheme": "URBMI"}
    assert client.get("/double-enrollment/", none).context["count"].figure == 0


def test_many_cases_are_decided_by_rule_in_two_pages(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK)
    chosen = [str(case_of(index).pk) for index in (0, 1, 7)]
    check = client.post("/double-enrollment/decide/", {"chosen": chosen})
    # The one that needs to be looked at singly is left out.
    assert check.context["chosen_count"] == 2
    assert "CNY 1,040.00" in check.content.decode()
    silent = confirm(client, "/double-enrollment/decide/", check)
    assert silent.status_code == 200
    assert not DoubleDecision.objects.exists()
    done = confirm(client, "/double-enrollment/decide/", silent, note="按33号文处理")
    assert done.status_code == 302
    decision = DoubleDecision.objects.get()
    assert (decision.cases, decision.reason) == (2, "按33号文处理")
    reviewer = client_of(Role.REVIEWER)
    request = ApprovalRequest.objects.get()
    assert request.amount == 1040
    reviewer.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    doubles.do_jobs()
    assert spells(0)["NCMS:210281"][0] == "ENDED"
    page = client.get(f"/double-enrollment/decisions/{decision.pk}/")
    assert page.status_code == 200
    assert page.context["may_take_back"]


def test_a_case_shows_both_sides_the_clause_and_each_rule(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK)
    case = case_of(0)
    text = client.get(f"/double-enrollment/{case.pk}/").content.decode()
    assert "at least CNY 520.00" in text
    assert "CNY 250.00" in text
    assert "医保发〔2020〕33号" in text
    rules = client.get(f"/double-enrollment/{case.pk}/?section=rules").content.decode()
    assert "Does not concern this case" in rules
    assert "Employee insurance of a year or more" in rules


def test_one_case_is_decided_on_evidence(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK)
    case = case_of(7)
    address = f"/double-enrollment/{case.pk}/decide/"
    rural = DoubleSide.objects.get(case=case, scheme="NCMS")
    form = client.get(address)
    sent = {
        "form_token": form.context["form_token"],
        "staying": rural.pk,
        "ground": "",
        "reason": "本人已离职",
        "evidence": "解除劳动合同证明",
    }
    check = client.post(address, sent)
    assert check.status_code == 200
    assert client.post(address, {**sent, "_confirmed": "1"}).status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.SUBMITTED
    assert DoubleDecision.objects.get().evidence == "解除劳动合同证明"
    missing = client.post(address, {**sent, "evidence": ""})
    assert missing.status_code == 422


def test_a_county_sees_its_people_and_decides_what_lies_in_it_alone(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.CLERK, doubles.WAFANGDIAN)
    case = case_of(0)
    page = client.get(f"/double-enrollment/{case.pk}/")
    assert page.context["acts"] == []
    assert page.context["is_beyond"]
    assert client.get(f"/double-enrollment/{case.pk}/decide/").status_code == 404
    other = client_of(Role.CLERK, doubles.ZHUANGHE)
    assert other.get(f"/double-enrollment/{case.pk}/").status_code == 404
    assert other.get("/double-enrollment/").context["count"].figure == 0
    assert other.get("/double-enrollment/overlaps/").context["heat_rows"] == []


def test_a_fact_is_recorded_and_withdrawn(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK)
    case = case_of(7)
    address = f"/double-enrollment/{case.pk}/facts/"
    token = client.get(address).context["form_token"]
    city = Area.objects.get(code="210203")
    sent = {"form_token": token, "kind": "WORK_PLACE", "area": city.pk, "evidence": "单位证明"}
    assert client.post(address, sent).status_code == 302
    fact = DoubleFact.objects.get()
    assert "单位证明" in client.get(f"/double-enrollment/{case.pk}/?section=facts").content.decode()
    client.post(f"{address}withdraw/", {"fact": fact.pk})
    fact.refresh_from_db()
    assert fact.is_withdrawn
    doubles.do_jobs()


def test_the_figures_lead_to_their_lists_and_add_up(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.DIRECTOR)
    page = client.get("/double-enrollment/overlaps/")
    found = 0
    for _label, row in page.context["heat_rows"]:
        for cell, url in row:
            if url:
                cases = client.get(url).context["count"].figure
                assert cell.text == str(cases)
                found += cases
    # Each pair of different areas stands on both sides of the diagonal.
    assert found == 2 * 6
    whole = double_figures.total(double_figures.pairs_in(whole_city()))
    assert (whole.found, whole.removed) == (6, 0)
    assert str(whole.to_save) == "2600.00"
    for key in (double_figures.schemes_of, double_figures.areas_of):
        parts = double_figures.summed(double_figures.pairs_in(whole_city()), key)
        assert sum(parts.values(), double_figures.Figures()) == whole
    for chart in ("overlaps", "saved"):
        answer = client.get("/double-enrollment/overlaps/", {"chart": chart})
        assert answer["Content-Type"].startswith("text/csv")


def whole_city() -> Any:
    from bureau.core.actors import Scope

    return Scope.of([Area.objects.get(code=doubles.CITY).path])


def test_what_is_decided_moves_from_to_save_to_saved(client_of: Callable[..., Client]) -> None:
    before = double_figures.total(double_figures.pairs_in(whole_city()))
    doubles.approve(doubles.decide())
    after = double_figures.total(double_figures.pairs_in(whole_city()))
    assert (after.found, after.removed) == (before.found, 5)
    assert after.saved + after.to_save == before.to_save
    assert str(after.saved) == "2600.00"


@pytest.mark.parametrize(
    "address", ["/double-enrollment/", "/double-enrollment/overlaps/", "/double-enrollment/rules/"]
)
def test_pages_ask_few_queries(client_of: Callable[..., Client], address: str) -> None:
    client = client_of(Role.CLERK)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    assert len(queries) <= 25, [query["sql"][:90] for query in queries]


def test_rules_are_drafted_by_one_and_approved_by_another(
    client_of: Callable[..., Client],
) -> None:
    officer = client_of(Role.POLICY_OFFICER)
    officer.post("/double-enrollment/rules/act/", {"version": "1", "act": "draft"})
    draft = DoubleRuleSet.objects.get(number=2)
    assert draft.state == "DRAFT"
    address = "/double-enrollment/rules/change/"
    form = officer.get(address)
    bound = form.context["form"]
    sent = {
        name: value
        for name in bound.fields
        if (value := bound[name].value()) not in (None, "") and value is not False
    }
    sent |= {
        "form_token": form.context["form_token"],
        "from_day": clock.today().isoformat(),
        "EMPLOYEE_YEAR-months": "24",
    }
    assert officer.post(address, sent).status_code == 302
    assert draft.rules.get(code="EMPLOYEE_YEAR").months == 24
    again = officer.get(address).context["form_token"]
    bad = {**sent, "notice_text": "致%(who)s", "form_token": again}
    assert officer.post(address, bad).status_code == 409
    act = {"version": "2", "reason": "调整年限"}
    officer.post("/double-enrollment/rules/act/", act)
    request = ApprovalRequest.objects.get(kind="enrollment.double_rules")
    director = client_of(Role.DIRECTOR)
    director.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    draft.refresh_from_db()
    first = DoubleRuleSet.objects.get(number=1)
    assert draft.state == "APPROVED"
    assert first.period.upper == draft.period.lower
    doubles.do_jobs()
    assert case_of(0).rule_set_id == draft.pk


def test_a_county_policy_officer_changes_nothing(client_of: Callable[..., Client]) -> None:
    officer = client_of(Role.POLICY_OFFICER, doubles.WAFANGDIAN)
    officer.post("/double-enrollment/rules/act/", {"version": "1", "act": "draft"})
    assert DoubleRuleSet.objects.count() == 1
    assert officer.get("/subsidies/new/").status_code == 302


def test_a_subsidy_counts_after_a_second_person(client_of: Callable[..., Client]) -> None:
    officer = client_of(Role.POLICY_OFFICER)
    token = officer.get("/subsidies/new/").context["form_token"]
    city = Area.objects.get(code=doubles.CITY)
    sent = {
        "form_token": token, "year": "2019", "scheme": "NCMS", "area": city.pk, "amount": "560",
        "source": "大财社〔2019〕1号", "confidence": "SEEN", "_confirmed": "1",
    }  # fmt: skip
    assert officer.post("/subsidies/new/", sent).status_code == 302
    standard = SubsidyStandard.objects.get(amount=560)
    officer.post("/subsidies/submit/", {"standard": standard.pk})
    request = ApprovalRequest.objects.get(kind="enrollment.subsidy")
    client_of(Role.DIRECTOR).post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    doubles.do_jobs()
    ended = DoubleSide.objects.get(case=case_of(0), standing="ENDS")
    assert (str(ended.recover_amount), ended.subsidy_is_minimum) == ("560.00", False)
    assert DoubleCase.objects.filter(state=CaseState.PROPOSED).count() == 6


def test_figures_by_area_lead_to_the_cases_where_it_makes_room(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.DIRECTOR)
    # One person's room is made in another county, for a coverage of this one.
    further = DoubleSide.objects.filter(case=case_of(0), other_county__isnull=False)
    here, there = (Area.objects.get(code=code) for code in (doubles.WAFANGDIAN, doubles.ZHUANGHE))
    assert further.update(county=there, other_county=here) == 1
    by_area = client.get("/double-enrollment/overlaps/").context["by_area"]
    assert [found[0] for _area, _url, (found, *_others) in by_area] == ["5", "1"]
    for _area, url, (found, *_others) in by_area:
        listed = client.get(url).context
        assert "duplicates" in listed
        assert found == (found[0], url)
        assert listed["count"].figure == int(found[0])


def test_a_list_says_where_cases_are_fewer_than_duplicates(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.CLERK)
    asked = {"scheme": "NCMS"}
    assert client.get("/double-enrollment/", asked).context["duplicates"] == ""
    first = case_of(0)
    other = DoubleSide.objects.filter(case=case_of(1), other_county__isnull=False)
    other.update(case=first)
    said = client.get("/double-enrollment/", asked).context["duplicates"]
    assert "is one case and two duplicates" in said


def test_what_is_left_out_of_a_decision_is_named_with_its_reason_and_whose_job_it_is(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.CLERK)
    chosen = [str(case_of(index).pk) for index in (0, 1, 7)]
    check = client.post("/double-enrollment/decide/", {"chosen": chosen})
    [line] = check.context["left_out"]
    assert (line["count"], [case["number"] for case in line["cases"]]) == (1, [str(case_of(7))])
    assert line["reason"].startswith("Needs first: ")
    DoubleCase.objects.filter(pk=case_of(1).pk).update(rule="", needs=["RULE"])
    check = client.post("/double-enrollment/decide/", {"chosen": chosen})
    found = {line["reason"]: line for line in check.context["left_out"]}
    without = found["No rule decides; to be decided singly"]
    assert without["count"] == 1
    assert "policy officer" in without["remedy"].lower()
    assert case_of(1).person.name not in check.content.decode()
    alone = client.post("/double-enrollment/decide/", {"chosen": chosen[:1]})
    assert alone.context["left_out"] == []


def test_cases_without_a_rule_alone_are_told_why_and_who_makes_rules(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.CLERK)
    DoubleCase.objects.filter(pk=case_of(1).pk).update(rule="", needs=["RULE"])
    answer = client.post("/double-enrollment/decide/", {"chosen": [str(case_of(1).pk)]})
    text = answer.content.decode()
    assert (answer.status_code, answer.context["chosen_count"]) == (200, 0)
    assert "No rule decides" in text
    assert "/double-enrollment/rules/" in text
    assert "_confirmed" not in text
    none = client.post("/double-enrollment/decide/", {"chosen": []})
    assert none.status_code == 302
    listed = client.get("/double-enrollment/")
    assert "No rule decides 1 case" in listed.context["without_rule"]
    assert (
        client.get(f"/double-enrollment/{listed.context['no_rule_url']}").context["count"].figure
        == 1
    )


def test_the_pages_that_decide_a_case_show_whose_it_is(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK)
    case = case_of(7)
    for act in ("decide", "object", "facts"):
        page = client.get(f"/double-enrollment/{case.pk}/{act}/")
        summary = {str(label): str(value) for label, value in page.context["case_summary"]}
        assert "*" in summary["Person"]
        assert case.person.name not in page.content.decode()
        assert len(page.context["columns"]) == 2
        assert summary["Subsidy to recover"]
        assert page.context["rule_name"] in page.content.decode()
    form = client.get(f"/double-enrollment/{case.pk}/decide/")
    before = AccessLog.objects.filter(subject_label="enrollment.person").count()
    check = client.post(
        f"/double-enrollment/{case.pk}/decide/",
        {
            "form_token": form.context["form_token"],
            "staying": DoubleSide.objects.filter(case=case).first().pk,
            "ground": "",
            "reason": "本人已离职",
            "evidence": "解除劳动合同证明",
        },
    )
    assert "case_summary" in check.context
    assert AccessLog.objects.filter(subject_label="enrollment.person").count() == before + 1


def test_of_an_open_case_nothing_is_said_to_end() -> None:
    class Open:
        standing, county, scheme = "UNDECIDED", "瓦房店市", "NCMS"

    sides: Any = [Open(), Open()]
    assert double_words.sides_text(sides, kept=False) == "–"
    assert "瓦房店市" in double_words.sides_text(sides, kept=True)


def test_head_and_card_of_a_case_call_a_minimum_a_minimum(
    client_of: Callable[..., Client],
) -> None:
    summary = dict(
        client_of(Role.CLERK).get(f"/double-enrollment/{case_of(0).pk}/").context["summary"]
    )
    assert summary["Subsidy to recover"] == "at least CNY 520.00"


def test_a_minimum_is_called_so_in_lists_decisions_and_files(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.CLERK)
    page = client.get("/double-enrollment/")
    recover = [head.text for head in page.context["heads"]].index("Subsidy to recover (CNY)")
    cells = {row.key: row.cells[recover].text for row in page.context["table_rows"]}
    assert cells[case_of(0).pk] == "≥ 520.00"
    for file_format in ("csv", "xlsx"):
        client.post("/double-enrollment/", {"_act": "export", "format": file_format})
        job = jobs.run_until_done(Job.objects.latest("pk").pk)
        content = b"".join(client.get(f"/files/{job.result['file']}/").streaming_content)
        if file_format == "csv":
            assert "≥ 520.00" in content.decode("utf-8-sig")
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
            bounds = [c for row in sheet.iter_rows() for c in row if "≥" in c.number_format]
            assert {cell.value for cell in bounds} == {520}
    chosen = [str(case_of(index).pk) for index in (0, 1)]
    check = client.post("/double-enrollment/decide/", {"chosen": chosen})
    assert "at least CNY 1,040.00" in check.content.decode()
    confirm(client, "/double-enrollment/decide/", check, note="按33号文处理")
    decision = DoubleDecision.objects.get()
    assert decision.subsidies_at_least == 2
    decisions = client.get("/double-enrollment/decisions/").content.decode()
    assert "≥ 1,040.00" in decisions
    detail = client.get(f"/double-enrollment/decisions/{decision.pk}/").content.decode()
    assert "at least CNY 1,040.00" in detail
    reviewer = client_of(Role.REVIEWER)
    request = ApprovalRequest.objects.get()
    assert "≥ 1,040.00" in reviewer.get("/todo/").content.decode()
    assert "at least CNY 1,040.00" in reviewer.get(f"/todo/{request.pk}/").content.decode()


def test_nothing_saved_is_no_lower_bound(client_of: Callable[..., Client]) -> None:
    summary = dict(client_of(Role.DIRECTOR).get("/double-enrollment/overlaps/").context["summary"])
    assert summary["Subsidy saved"] == "CNY 0.00"
    assert summary["Subsidy still to be saved"].startswith("at least")


def test_without_rules_nobody_is_said_to_be_enrolled_once(
    client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = client_of(Role.CLERK, doubles.ZHUANGHE)
    assert "Nobody is enrolled twice" in other.get("/double-enrollment/overlaps/").content.decode()
    monkeypatch.setattr("enrollment.selectors.double_rules.in_force", lambda _day: None)
    page = other.get("/double-enrollment/overlaps/").content.decode()
    assert "Nobody is enrolled twice" not in page
    assert "No rules of double enrollment are in force" in page


def test_rules_name_the_places_of_the_notice_in_words(client_of: Callable[..., Client]) -> None:
    page = client_of(Role.CLERK).get("/double-enrollment/rules/").content.decode()
    assert "%(" not in page
    assert "〔the person&#x27;s name〕" in page
    assert "job:load_reference" not in page
    assert "Reference that comes with the portal" in page


def test_every_case_of_a_decision_is_reached(
    client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrollment.views.double_decisions.NAMED", 2)
    decision = doubles.decide()
    client, address = client_of(Role.CLERK), f"/double-enrollment/decisions/{decision.pk}/"
    seen: list[str] = []
    query = ""
    while True:
        page = client.get(address + query).context
        seen += [number for _url, number, *_others in page["cases"]]
        if not page["after_url"]:
            break
        query = page["after_url"]
    assert len(seen) == len(set(seen)) == decision.cases > 2
    assert client.get(address + "?from=99999").status_code == 200
    assert client.get(address + "?from=x").context["shown_from"] == 1


def test_the_file_says_what_stands_of_an_ended_coverage_why_and_what_was_before(
    client_of: Callable[..., Client],
) -> None:
    decision = doubles.decide()
    doubles.approve(decision)
    client = client_of(Role.CLERK)
    answer = client.get(f"/people/{case_of(0).person_id}/")
    text = answer.content.decode()
    table = text[text.index('id="spells-title"') :]
    assert "no day in force" in table
    assert "originally 2019-01-01 – 2019-12-31" in table
    assert "Ended as a double enrollment" in table
    assert f'href="/double-enrollment/decisions/{decision.pk}/"' in table
    shown = [
        line.period for line in client.get(f"/people/{case_of(0).person_id}/").context["spells"]
    ]
    assert sorted(shown) == ["2011-03-01 –", "no day in force"]


def test_the_file_says_what_a_shortened_coverage_was(client_of: Callable[..., Client]) -> None:
    case = case_of(7)
    single(case, "UEBMI")
    answer = client_of(Role.CLERK).get(f"/people/{case.person_id}/")
    [shortened] = [line for line in answer.context["spells"] if line.end]
    assert shortened.period == "2019-01-01 – 2019-04-30"
    assert shortened.end.original == "originally 2019-01-01 – 2019-12-31"


def test_a_countys_clerk_is_sent_only_to_cases_that_are_his_to_decide(
    client_of: Callable[..., Client],
) -> None:
    own, beyond = case_of(7), case_of(1)
    county = Area.objects.get(code=doubles.WAFANGDIAN)
    DoubleCase.objects.filter(pk__in=[own.pk, beyond.pk]).update(rule="", needs=["RULE"])
    DoubleCase.objects.filter(pk=own.pk).update(area=county)
    clerk = client_of(Role.CLERK, doubles.WAFANGDIAN)
    page = clerk.get("/double-enrollment/")
    told = page.context["without_rule"]
    assert "No rule decides 1 case" in told
    assert "1 further case" in told
    listed = clerk.get(f"/double-enrollment/{page.context['no_rule_url']}")
    assert [row.key for row in listed.context["table_rows"]] == [own.pk]
    others = clerk.get("/double-enrollment/", {"mine": "OTHERS", "rule": "NONE"})
    assert [row.key for row in others.context["table_rows"]] == [beyond.pk]
    reader = client_of(Role.AUDITOR)
    assert "mine" not in reader.get("/double-enrollment/").context["query"].fields


def test_what_is_to_be_recovered_says_everywhere_that_it_is_a_lower_bound(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.CLERK)
    case = case_of(0)
    ending = DoubleSide.objects.get(case=case, ends_on__isnull=False)
    DoubleSide.objects.filter(pk=ending.pk).update(subsidy_is_minimum=True)
    page = client.get("/double-enrollment/")
    cells = {row.key: [cell.text for cell in row.cells] for row in page.context["table_rows"]}
    assert "≥ 520.00" in cells[case.pk]
    assert "at least CNY 520.00" in client.get(f"/double-enrollment/{case.pk}/").content.decode()
    check = client.post("/double-enrollment/decide/", {"chosen": [str(case.pk)]})
    assert "at least CNY 520.00" in check.content.decode()
    confirm(client, "/double-enrollment/decide/", check, note="按33号文处理")
    request = ApprovalRequest.objects.get()
    page = client_of(Role.REVIEWER).get(f"/todo/{request.pk}/")
    assert dict(page.context["facts"])["Subsidy to recover (yuan)"] == "≥ 520.00"
    assert "at least CNY 520.00" in page.content.decode()


def test_a_case_of_which_nothing_ends_yet_has_no_sum(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK)
    case = case_of(0)
    DoubleSide.objects.filter(case=case).update(
        standing="UNDECIDED", ends_on=None, recover_amount=None, refund_amount=None, rule=""
    )
    DoubleCase.objects.filter(pk=case.pk).update(rule="")
    shown = dict(client.get(f"/double-enrollment/{case.pk}/").context["summary"])
    assert (shown["Subsidy to recover"], shown["Refund due"]) == ("–", "–")


def test_undecided_duplicates_stand_apart_from_those_of_which_one_goes_first() -> None:
    found = double_figures.Figures(found=5, removed=2, undecided=3, unknown=1, at_least=1)
    assert (found.open.found, found.open.undecided, found.open.unknown) == (3, 3, 0)
    assert (found.ruled.found, found.ruled.undecided, found.ruled.unknown) == (2, 0, 1)
    assert found.open + found.ruled == found


def test_the_title_of_a_request_is_told_in_the_readers_language(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(Role.CLERK)
    check = client.post("/double-enrollment/decide/", {"chosen": [str(case_of(0).pk)]})
    confirm(client, "/double-enrollment/decide/", check, note="按33号文处理")
    request = ApprovalRequest.objects.get()
    assert request.title.startswith("重复参保处理决定"), "stored in the bureau's language"
    reviewer = client_of(Role.REVIEWER)
    for path in (f"/todo/{request.pk}/", "/todo/", "/"):
        text = reviewer.get(path).content.decode()
        assert f"Double enrollment no. {request.target_id}: 1 case, " in text, path
        assert request.title not in text, path
    # What was asked for before titles had facts is told as it was stored.
    request.title_facts = {}
    assert approvals.title_of(request) == request.title
