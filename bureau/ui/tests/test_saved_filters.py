"""Saved filters and presets: for whom they are there, what they hold, and whose rows they find."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bureau.core import clock, lists
from bureau.core.actors import actor_of
from bureau.core.choices import Audience, Role
from bureau.core.errors import NotEntitled
from bureau.core.models import AuditEvent, ListSetting, SavedFilter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gallery")]

URL = "/gallery/files/"
LIST = "gallery.files"
ZHUANGHE = "TEAM:210283"


@pytest.fixture
def client(signed_in: Any, clerk: Any) -> Any:
    return signed_in(clerk)


@pytest.fixture
def colleague(new_staff: Any, signed_in: Any) -> Any:
    return signed_in(new_staff("colleague", Role.CLERK, "zhuanghe"))


@pytest.fixture
def abroad(new_staff: Any, signed_in: Any) -> Any:
    """A clerk of the other county."""
    return signed_in(new_staff("abroad", Role.CLERK, "wafangdian"))


def save(client: Any, query: str, name: str = "甲类文件", audience: str = "OWN") -> Any:
    sent = {"_act": "save_filter", "name": name, "audience": audience}
    return client.post(f"{URL}?{query}", sent, follow=True)


def shown(client: Any) -> list[str]:
    return [row.name for _t, rows in client.get(URL).context["saved_groups"] for row, *_r in rows]


def names(response: Any) -> list[str]:
    return [row.cells[0].text for row in response.context["table_rows"]]


def test_a_saved_filter_opens_as_its_query(client: Any, new_file: Any) -> None:
    new_file("a", size=2)
    new_file("b", purpose="b")
    new_file("c", size=1)
    save(client, "purpose=a&sort=size&after=7&chart=bars&x=1")
    saved = SavedFilter.objects.get()
    assert saved.query == "purpose=a&sort=size"
    opened = client.get(URL, {"open": saved.pk})
    assert opened.url == f"{URL}?purpose=a&sort=size&saved={saved.pk}"
    page = client.get(opened.url)
    assert names(page) == ["c", "a"]
    assert page.context["saved_current"] == "甲类文件"


def test_a_filter_of_the_team_is_there_for_the_team_alone(
    client: Any, colleague: Any, abroad: Any
) -> None:
    save(client, "purpose=a", audience=ZHUANGHE)
    assert (shown(client), shown(colleague), shown(abroad)) == (["甲类文件"], ["甲类文件"], [])
    number = SavedFilter.objects.get().pk
    assert abroad.get(URL, {"open": number}).status_code == 404
    assert colleague.get(URL, {"open": number}).status_code == 302


def test_an_own_filter_is_nobody_elses(client: Any, colleague: Any) -> None:
    save(client, "purpose=a")
    assert shown(colleague) == []
    assert colleague.get(URL, {"open": SavedFilter.objects.get().pk}).status_code == 404


def test_a_shared_filter_finds_the_rows_of_whoever_opens_it(
    new_staff: Any, signed_in: Any, client: Any, abroad: Any, new_file: Any
) -> None:
    chief = signed_in(new_staff("chief", Role.REVIEWER, "city"))
    save(chief, "purpose=a", audience="EVERYONE")
    new_file("庄河的")
    new_file("瓦房店的", area="wafangdian")
    number = SavedFilter.objects.get().pk
    found = {
        who: names(one.get(URL, {"open": number}, follow=True))
        for who, one in {"city": chief, "own": client, "other": abroad}.items()
    }
    assert found == {"city": ["瓦房店的", "庄河的"], "own": ["庄河的"], "other": ["瓦房店的"]}


@pytest.mark.parametrize("audience", ["EVERYONE", "TEAM:210281", "TEAM:", "TEAM:%"])
def test_nobody_shares_beyond_the_own_areas(client: Any, areas: Any, audience: str) -> None:
    page = save(client, "purpose=a", audience=audience)
    assert not SavedFilter.objects.exists()
    assert len(page.context["messages"]) == 1


def test_what_names_a_person_is_never_saved(client: Any) -> None:
    address = client.post(URL, {"_act": "query", "name": "张三", "quick": "李四", "purpose": "a"})
    page = save(client, address.url.partition("?")[2])
    assert SavedFilter.objects.get().query == "purpose=a"
    assert "张三" not in str(next(iter(page.context["messages"])))
    only = client.post(URL, {"_act": "query", "name": "张三"}).url
    save(client, only.partition("?")[2], name="另一个")
    assert SavedFilter.objects.count() == 1
    save(client, "name=张三&quick=李四&purpose=b", name="地址里的")
    assert SavedFilter.objects.get(name="地址里的").query == "purpose=b"


@pytest.mark.parametrize("number", ["210283199001011234", "21028319900101123X", "13812345678"])
def test_the_database_refuses_a_filter_with_a_number_of_a_person(
    client: Any, clerk: Any, number: str
) -> None:
    row = {"list_id": LIST, "owner": clerk, "changed_at": clock.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedFilter.objects.create(name="x", query=f"q={number}", **row)
    save(client, f"purpose={number}")
    assert not SavedFilter.objects.exclude(query="").exists()


def test_a_filter_is_replaced_by_its_owner_under_the_same_name(client: Any) -> None:
    save(client, "purpose=a")
    save(client, "purpose=b", audience=ZHUANGHE)
    saved = SavedFilter.objects.get()
    assert (saved.query, saved.audience) == ("purpose=b", Audience.TEAM)
    assert AuditEvent.objects.filter(kind="list.filter_shared").count() == 1


def test_only_its_owner_removes_a_filter(client: Any, colleague: Any) -> None:
    save(client, "purpose=a", audience=ZHUANGHE)
    number = SavedFilter.objects.get().pk
    remove = {"_act": "remove_filter", "filter": number}
    colleague.post(URL, remove)
    assert SavedFilter.objects.exists()
    client.post(URL, remove)
    assert not SavedFilter.objects.exists()


def test_a_director_removes_what_the_team_sees(client: Any, new_staff: Any) -> None:
    save(client, "purpose=a", audience=ZHUANGHE)
    director = actor_of(new_staff("boss", Role.DIRECTOR, "zhuanghe"), on=clock.today())
    lists.remove_filter(director, LIST, SavedFilter.objects.get().pk, at=clock.now())
    assert not SavedFilter.objects.exists()


def test_filters_of_one_member_are_bounded(
    clerk: Any, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    monkeypatch.setattr(lists, "MOST_OWN", 2)
    for name in ("a", "b", "c"):
        save(client, "purpose=a", name=name)
    assert sorted(SavedFilter.objects.values_list("name", flat=True)) == ["a", "b"]


def test_a_name_with_markup_stays_text(client: Any) -> None:
    page = save(client, "purpose=a", name="<script>alert(1)</script>")
    assert "<script>alert" not in page.content.decode()


def test_a_preset_of_the_team_is_used_by_a_colleague(
    client: Any, colleague: Any, abroad: Any, new_file: Any
) -> None:
    new_file("a")
    keep = {
        "_act": "settings",
        "columns": ["number"],
        "density": "roomy",
        "size": "25",
        "_preset": "1",
        "preset_name": "号码在前",
        "preset_area": "210283",
    }
    client.post(URL, keep)
    preset = ListSetting.objects.get(staff=None)
    colleague.post(URL, {"_act": "settings", "_use": preset.pk})
    page = colleague.get(URL)
    assert [head.text for head in page.context["heads"]] == ["文件名", "号码"]
    assert (page.context["density"], page.context["size"]) == ("roomy", 25)
    abroad.post(URL, {"_act": "settings", "_use": preset.pk})
    assert not ListSetting.objects.filter(staff__username="abroad").exists()
    colleague.post(URL, {"_act": "settings", "_remove": preset.pk})
    assert ListSetting.objects.filter(pk=preset.pk).exists()
    client.post(URL, {"_act": "settings", "_remove": preset.pk})
    assert not ListSetting.objects.filter(pk=preset.pk).exists()


def test_a_preset_for_another_team_is_refused(clerk: Any) -> None:
    actor = actor_of(clerk, on=clock.today())
    with pytest.raises(NotEntitled):
        lists.keep_preset(LIST, "x", "210281", lists.Setting(), by=actor, at=clock.now())
