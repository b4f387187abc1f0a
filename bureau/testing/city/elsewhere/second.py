"""Nine more rosters and two exports, in yet other words and habits."""

from bureau.testing.city.elsewhere.habits import OfficeLayout
from bureau.testing.city.habits import Layout
from bureau.testing.city.layouts import columns


def bilingual(text: str) -> tuple[tuple[str, str], ...]:
    """Columns from "header=field" words, in whose headers a slash is a line break."""
    return tuple((header.replace("/", "\n"), name) for header, name in columns(text))


AFRESH = (
    # A heading of three rows; the state's share before the person's; ages beside birth dates.
    OfficeLayout(
        source="NCMS210211", file="甘井子-合作医疗-2019.xlsx", container="xlsx", written="xlsx",
        titles=("新型农村合作医疗参合情况统计表（2019年）",), sheet_name="Sheet1",
        head=(
            (("序号", 1), ("参合家庭", 4), ("参合人员", 7), ("资金（元）", 3), ("备注", 1)),
            (("", 1), ("户", 2), ("地址", 2), ("基本信息", 4), ("证件", 2), ("", 1), ("", 3),
             ("", 1)),
        ),
        columns=columns(
            "序号=sequence 户编码=household 户主=head_name 街道=town 社区=village 姓名=name "
            "性别=sex 年龄=age 出生=birth 种类=card_kind 号码=id 与户主关系=relation "
            "各级财政=subsidy 个人=amount 小计=with_subsidy 备注=remark"
        ),
        dates="slash_padded", relations="formal", households="digits16",
        notes=("制表人：王某¦审核人：李某¦2018年12月31日",), total=True,
    ),
    # Line breaks inside headings, figures in the titles, signatures and sums after every village.
    OfficeLayout(
        source="NCMS210212", file="旅顺口区缴费花名册19年度.csv", encoding="gbk",
        titles=(
            "2019年度城乡居民合作医疗缴费花名册",
            "应参合：1,200人¦实参合：1,150人¦参合率：95.8%¦应缴：312,000元",
        ),
        columns=bilingual(
            "序/号=sequence 村民/小组=group 户/号=household 家庭/成员=name 身份/证号=id 性/别=sex "
            "出生/年月日=birth 与户主/关系=relation 联系/方式=phone 缴费/金额=amount 备/注=remark"
        ),
        dates="dot", relations="spoken", households="in_village", subtotal="village",
        subtotal_word="本村合计", line_ends=("\r\n",),
    ),
    # Printed by an old program: boxes of strokes, a new page every forty rows.
    OfficeLayout(
        source="NCMS210213", file="JZNH2019.TXT", encoding="gb18030", delimiter="|", boxed=True,
        quoted=False, form_feed=True,
        titles=("金州区新型农村合作医疗参合人员清单   2019年度",),
        columns=columns(
            "合作医疗证=card 姓名=name 性别=sex 出生日期=birth 身份证号码=id 关系=relation "
            "乡镇=town 村=village 应交=amount 电话=phone"
        ),
        page_rows=40, repeat_titles=True, repeat_header=True, subtotal="page",
        subtotal_word="本页小计", dates="compact", relations="first_son",
    ),
    # A web page whose title is a table of its own; a file for each town.
    OfficeLayout(
        source="NCMS210214", file="普兰店{town}参合名单.xls", container="html", written="html",
        titles=("{town}二〇一九年新农合参合名单",), titles_apart=True,
        columns=columns(
            "参合号=card18 参合者=name 公民身份号=id 男/女=sex 生日=birth 户主身份证号码=head_id "
            "户主=head_name 与户主=relation 村屯=village_group 手机号=phone 实交额=amount "
            "人员属性=special 其他说明=remark"
        ),
        by_town=True, dates="iso", relations="first_son", specials="blank", amounts="yuan",
        nothing="免交",
    ),
    # A family's number and head in cells joined over all its rows; what was paid on which day.
    OfficeLayout(
        source="NCMS210281", file="瓦房店2019收缴台帐.xlsx", container="xlsx", written="xlsx",
        titles=("瓦房店市{town}2019年新农合收缴台帐",), sheet_name="{town}", by_town=True,
        columns=columns(
            "户序=household 户主姓名=head_name 参合对象=name 称谓=relation 性别=sex "
            "居民身份证号码=id 出生时间=birth 民族=ethnicity 实缴数=amount 收款日期=paid_on "
            "收款人=operator 电话=phone 备注栏=remark"
        ),
        first_only=frozenset({"household", "head_name"}), merged_down=True, family_sum="户计",
        dates="excel", relations="spoken", households="in_village", margin=(1, 1),
        old_copy="2018台帐",
    ),
    # Headings in two languages, the day before the month, capital letters for sexes.
    OfficeLayout(
        source="NCMS210283", file="zhuanghe_export(1).csv", encoding="gb18030", delimiter=";",
        columns=columns(
            "户号_Household=household 姓名_Name=name 证件号码_ID_No.=id 性别_Sex=sex "
            "出生日期_Birth_Date=birth 与户主关系_Relation=relation 乡镇_Town=town "
            "缴费_Amount=amount 年度_Year=year 电话_Tel=phone 备注_Note=remark"
        ),
        sexes=("F", "M"), dates="day_first", relations="two_digits", amounts="sign",
        nothing="￥0.00", households="dashes", quote_all=True,
    ),
    # Headings that say nothing at all; the values have to.
    OfficeLayout(
        source="NCMS210224", file="210224.dat", encoding="utf-16-le", bom=True, delimiter="|",
        quoted=False,
        columns=columns(
            "F01=household F02=head_id F03=name F04=id F05=sex F06=birth F07=relation F08=address "
            "F09=phone F10=amount F11=year F12=remark"
        ),
        dates="iso", sexes=("2", "1"), relations="formal", line_ends=("\n",),
    ),
    # A workbook that holds as numbers whatever can be one; the address before everything else.
    OfficeLayout(
        source="NCMS210291", file="高新园区参保登记表（2019）.xlsx", container="xlsx",
        written="xlsx", sheet_name="登记表",
        columns=columns(
            "家庭住址=address 家庭代码=household 登记人员=name 身份证=id 性别代码=sex "
            "出生年月日(8位)=birth 家庭身份=relation 移动电话=phone 缴费年度=year 交费额=amount "
            "代办人=payer_name 代办人身份证=payer_id 情况说明=remark"
        ),
        numbers=frozenset({"household", "sex", "birth", "phone", "year"}), sexes=("2", "1"),
        dates="compact", relations="formal", households="count", gap=True,
    ),
    # Old line ends, padded names, tabs, last heading missing, a note in front of the heading.
    OfficeLayout(
        source="NCMS210294", file="长兴岛农合人员.txt", delimiter="\t", quoted=False,
        line_ends=("\r",), file_end="none",
        titles=("说明：本表数据截至2018年12月25日，缴费年度为2019年，单位：元",),
        columns=columns(
            "村别=village 户长=head_name 户长身份证=head_id 姓名=name 证号=id 性别=sex "
            "年月日=birth 和户主关系=relation 缴纳=amount =remark"
        ),
        padded_names=True, dates="chinese", relations="formal",
    ),
)  # fmt: skip

#: The other schemes' exports with headings in Chinese.
EXPORTS = (
    Layout(
        source="URBMI", file="居民医保参保人员_20191130.xlsx", container="xlsx",
        columns=columns(
            "个人编号=psn_no_391 姓名=name 证件类型=certificate 证件号码=id 性别=gend 民族=naty "
            "出生日期=brdy 险种类型=391 参保地=admdvs 人员类别=type_391 参保状态=insured "
            "参保开始日期=since_391 联系电话=phone 居住地址=live_addr"
        ),
    ),
    Layout(
        source="UEBMI", file="职工医保参保人员_20191130.xlsx", container="xlsx",
        columns=columns(
            "个人编号=psn_no_310 姓名=name 证件类型=certificate 证件号码=id 性别=gend 民族=naty "
            "出生日期=brdy 险种类型=310 参保地=admdvs 人员类别=type_310 参保状态=insured "
            "参保开始日期=since_310 联系电话=phone 单位编号=emp_no 单位名称=emp_name"
        ),
    ),
)  # fmt: skip
