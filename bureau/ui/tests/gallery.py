"""Pages that use every part of the frame, for its tests: a list, a record, a form, charts."""

import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import include, path, reverse

from bureau.core import audit, clock
from bureau.core.canaries import Canary
from bureau.core.errors import DomainError
from bureau.core.models import CodeTable, StoredFile
from bureau.ui import charts
from bureau.ui.forms import DateField, EntryForm, MoneyField, QueryForm, WholeNumberField
from bureau.ui.paging import Sort
from bureau.ui.selections import Act
from bureau.ui.statuses import Status
from bureau.ui.tables import Column
from bureau.ui.views import (
    ActionView,
    BatchPage,
    DetailPage,
    FormPage,
    ListPage,
    Quick,
    Section,
)
from bureau.urls import urlpatterns as portal_patterns


class FileQuery(QueryForm):
    name = forms.CharField(label="姓名")
    purpose = forms.ChoiceField(label="用途", choices=[("a", "甲"), ("b", "乙")])
    since = DateField(label="自")
    private_fields = ("name",)


class Files(ListPage):
    title = "文件"
    list_id = "gallery.files"
    query_class = FileQuery
    quick = Quick("快速查找", paths=("original_name", "created_by"))
    acts = (Act("一起更名", "gallery:rename"),)
    summed = "size"
    personal_label = "gallery.file"
    bare_route = "gallery:act"
    columns = (
        Column(
            "name",
            "文件名",
            value="original_name",
            sort="original_name",
            link=lambda row: reverse("gallery:file", args=[row.pk]),
        ),
        Column("size", "大小", kind="number", sort=Sort("size", descending_first=True)),
        Column("amount", "金额", value=lambda row: Decimal(row.size) / 100, kind="money"),
        Column("until", "保留至", value="purge_after", kind="day", sort=Sort("purge_after", True)),
        Column("area", "区域"),
        Column("number", "号码", value="sha256", kind="masked_number", shown=False),
    )

    def rows(self) -> QuerySet[StoredFile]:
        return self.scope.filter(StoredFile.objects.select_related("area"))

    def narrow(self, rows: QuerySet[StoredFile], values: dict[str, Any]) -> QuerySet[StoredFile]:
        if name := values.get("name"):
            rows = rows.filter(original_name__contains=name)
        if purpose := values.get("purpose"):
            rows = rows.filter(purpose=purpose)
        if since := values.get("since"):
            rows = rows.filter(created_at__date__gte=since)
        return rows

    def note_rows(self, rows: list[Any]) -> None:
        audit.log_access(
            self.personal_label, self.look, by=self.actor, at=clock.now(), row_count=len(rows)
        )

    def invented_row(self, person: Canary) -> StoredFile:
        return StoredFile(pk=0, original_name=person.name, size=0, sha256=person.number)

    def charts(self) -> list[charts.Chart]:
        return every_chart()


def every_chart() -> list[charts.Chart]:
    """One chart of each kind."""
    words: dict[str, Any] = {"label_head": "县区", "value_head": "行数"}
    counties = [
        charts.Bar("庄河市", 21304, 22000),
        charts.Bar("瓦房店市", 18001, 17000),
        charts.Bar("长海县", 820, 1500),
    ]
    return [
        charts.Bars(
            key="bars",
            title="各县区进度",
            finding="瓦房店市已超过目标。",
            bars=counties,
            target_head="目标",
            **words,
        ),
        charts.StackedBars(
            key="stacked",
            title="处理结果",
            finding="大多数行已接收。",
            series=["接收", "修正", "待核", "退回"],
            bars=[("庄河市", [18000, 2100, 900, 304]), ("瓦房店市", [16000, 1200, 600, 201])],
            label_head="县区",
        ),
        charts.Funnel(
            key="funnel",
            title="去重漏斗",
            finding="读入的每100行中有91行入库。",
            stages=[
                charts.Bar("读入", 21304),
                charts.Bar("有效", 20800),
                charts.Bar("文件内唯一", 20100),
                charts.Bar("入库", 19387),
            ],
            label_head="阶段",
            value_head="行数",
        ),
        charts.Pareto(
            key="pareto",
            title="退回原因",
            finding="前两项原因占84.0%。",
            bars=[
                charts.Bar("日期不存在", 120),
                charts.Bar("号码校验不符", 300),
                charts.Bar("姓名为空", 80),
            ],
            label_head="原因",
            value_head="行数",
        ),
        charts.HeatTable(
            key="heat",
            title="县区之间的重复",
            finding="庄河市与瓦房店市之间最多。",
            columns=["庄河市", "瓦房店市", "长海县"],
            rows=[
                ("庄河市", [None, 412, 18]),
                ("瓦房店市", [412, None, 0]),
                ("长海县", [18, 0, None]),
            ],
            label_head="县区",
        ),
    ]


class Rename(BatchPage):
    title = "一起更名"
    list_class = Files
    list_route = "gallery:files"
    takes_note = True
    most = 5

    def eligible(self, rows: QuerySet[StoredFile]) -> QuerySet[StoredFile]:
        return rows.exclude(purpose="fixed")

    def carry_out(self, rows: list[StoredFile], note: str) -> None:
        StoredFile.objects.filter(pk__in=[row.pk for row in rows]).update(created_by=note)


class File(DetailPage):
    parents = (("文件", "gallery:files"),)
    sections = (
        Section("life", "参保经历", "components/timeline.html", "life"),
        Section("history", "变更记录", "components/history.html", "history"),
        Section("closed", "内部", "components/history.html", "history", route="gallery:closed"),
    )

    def load(self) -> StoredFile:
        found: StoredFile = get_object_or_404(
            self.scope.filter(StoredFile.objects.all()), pk=self.kwargs["pk"]
        )
        return found

    def status(self) -> Status:
        return Status("正常参保", "good")

    def summary(self) -> list[tuple[str, str]]:
        return [("姓名", "王*明"), ("公民身份号码", "2102**********1234"), ("统筹区", "庄河市")]

    def life(self) -> dict[str, Any]:
        day = datetime.date
        return {
            "timeline": charts.timeline(
                [
                    charts.Spell(day(2013, 1, 1), day(2016, 1, 1), "新农合", 1, note="庄河市"),
                    charts.Spell(
                        day(2016, 3, 1), day(2017, 1, 1), "城镇居民", 2, Status("暂停", "caution")
                    ),
                    charts.Spell(day(2017, 1, 1), None, "城乡居民", 3, Status("正常参保", "good")),
                ],
                until=day(2018, 6, 30),
                legend=[(1, "新农合"), (2, "城镇居民"), (3, "城乡居民")],
            )
        }

    def history(self) -> dict[str, Any]:
        return {
            "history": [
                {
                    "at": datetime.datetime(2018, 6, 30, 9, 30, tzinfo=datetime.UTC),
                    "actor": "王晓梅",
                    "act": "更正",
                    "reason": "户口簿",
                    "differences": [{"label": "姓名", "before": "王", "after": "王五"}],
                }
            ]
        }


class PaymentForm(EntryForm):
    name = forms.CharField(label="姓名", help_text="与户口簿一致", max_length=50)
    paid_on = DateField(label="缴费日期")
    amount = MoneyField(label="金额", minimum=Decimal("0.01"))
    heads = WholeNumberField(label="人数", required=False)
    way = forms.ChoiceField(
        label="方式", choices=[("CASH", "现金"), ("BANK", "银行")], widget=forms.RadioSelect
    )
    agreed = forms.BooleanField(label="已核对", required=False)


class Payment(FormPage):
    title = "登记缴费"
    parents = (("文件", "gallery:files"),)
    form_class = PaymentForm
    check_answers = True

    def effects(self, form: Any) -> list[tuple[str, str]]:
        return [("基金收入", "增加")]

    def carry_out(self, form: Any) -> str:
        values = form.cleaned_data
        if values["name"] == "拒绝":
            raise DomainError("refused", "名册中没有“%(name)s”。", name=values["name"])
        CodeTable.objects.create(code=f"paid-{CodeTable.objects.count()}", name=values["name"])
        return reverse("gallery:files")

    def success_message(self, form: Any) -> str:
        return "已登记。"


class Refuse(ActionView):
    def act(self) -> str:
        if self.request.POST.get("refuse"):
            raise DomainError("refused", "不可以：%(why)s", why="测试")
        return "做完了"


gallery_patterns = [
    path("files/", Files.as_view(), name="files"),
    path("files/<int:pk>/", File.as_view(), name="file"),
    path("payment/", Payment.as_view(), name="payment"),
    path("files/rename/", Rename.as_view(), name="rename"),
    path("act/", Refuse.as_view(), name="act"),
    path("closed/", Refuse.as_view(), name="closed"),
]
urlpatterns = [
    *portal_patterns,
    path("gallery/", include((gallery_patterns, "gallery"))),
]
