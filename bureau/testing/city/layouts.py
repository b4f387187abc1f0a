"""The rosters of a city like Dalian: nine offices' own layouts and two schemes' exports."""

from bureau.testing.city.habits import Layout

FOOT = (
    "说明：1.本表由各乡镇合管办填报；2.五保、低保、建档立卡人员由财政资助参合。",
    "填表人：          审核人：          填表日期：2018年12月25日",
)


def columns(text: str) -> tuple[tuple[str, str], ...]:
    """Columns from "header=field" words; an underscore in a Chinese header stands for a space."""
    pairs = (word.rsplit("=", 1) for word in text.split())
    return tuple(
        (header if header.isascii() else header.replace("_", " "), name) for header, name in pairs
    )


NCMS: tuple[Layout, ...] = (
    Layout(
        source="NCMS210211", file="甘井子区2019年新农合参合人员名册.xlsx", container="xlsx",
        columns=columns(
            "序号=sequence 所属乡镇=town 村委会=village 家庭编号=household 姓_名=name "
            "与户主关系=relation 性_别=sex 出生年月=birth 证件号码=id 民族=ethnicity "
            "民政属性=special 手机号=phone 参合年度=year 缴费金额=amount 说明=remark"
        ),
        titles=("甘井子区2019年度新型农村合作医疗参合人员花名册",), notes=FOOT,
        by_town=True,
        total=True, hidden_last_year=True, ethnicity="long",
    ),
    Layout(
        source="NCMS210212", file="210212_lsk_2019.csv", encoding="gbk",
        columns=columns(
            "户号=household 参合证号=card 姓名=name 男/女=sex 身份证号=id 生日=birth "
            "家庭关系=relation 家庭住址=address 联系方式=phone 参合属性=special "
            "参合金额=amount 年度=year 录入员=operator 其他情况=remark"
        ),
        birth="slash", relation="spoken", special="insured", household="dashes",
    ),
    Layout(
        source="NCMS210213", file="金州区新农合2019.csv", bom=True,
        columns=columns(
            "顺序号=sequence 村=village 村民组=group 参合人姓名=name 公民身份号码=id "
            "性别（男、女）=sex 出生日期=birth 族别=ethnicity 户主关系=relation "
            "家庭证号=household 参合时间=year 个人缴费（元）=amount 家庭人口数=size "
            "联系电话=phone 人员类别=special 备注=remark"
        ),
        titles=("金州区新型农村合作医疗2019年度参合登记表",), page_rows=24, subtotal="page",
        subtotal_word="本页小计", repeat_header=True, total=True, birth="compact",
        household="short",
    ),
    Layout(
        source="NCMS210214", file="普兰店区_{town}_2019.txt", encoding="gb18030",
        delimiter="\t",
        columns=columns(
            "乡镇=town 行政村=village 小组=group 户编码=household 户主=head_name "
            "参保人=name 关系=relation 身份证号码=id 出生年月日=birth 性别=sex "
            "人员属性=special 个人缴费=amount 电话=phone 备_注=remark"
        ),
        quoted=False, by_town=True, notes=("注：户号只填在每户第一行。",), birth="dot",
        relation="spoken", special="only_special",
        first_only=frozenset({"household", "head_name"}),
    ),
    Layout(
        source="NCMS210281", file="wfd_ncms_2019.txt", delimiter="|", newline="\n",
        columns=columns(
            "合作医疗证号=card 家庭编号=household 姓_名=name 性_别=sex 民族=ethnicity "
            "出生年月=birth 证件号码=id 与户主关系=relation 民政属性=special 所属乡镇=town "
            "村委会=village 屯组=group 手机号=phone 参合年度=year 缴费金额=amount "
            "银行账号=bank 说明=remark"
        ),
        quoted=False, birth="chinese", special="insured",
    ),
    Layout(
        source="NCMS210283", file="庄河市参合人员明细(2019).txt", encoding="utf-16-le",
        bom=True,
        delimiter="\t",
        columns=columns(
            "编号=sequence 乡（镇）街道=town 所属村=village 户号=household 姓名=name "
            "身份证号=id 家庭关系=relation 男/女=sex 生日=birth 联系方式=phone "
            "家庭住址=address 年度=year 参合金额=amount 参合属性=special 就诊机构=clinic "
            "其他情况=remark"
        ),
        titles=("庄河市新型农村合作医疗参合人员明细表", "统计年度：2019    单位：元"),
        notes=FOOT[1:],
        subtotal="village", total=True, birth="slash", relation="spoken",
    ),
    Layout(
        source="NCMS210224", file="长海县参合花名册2019.xlsx", container="xlsx",
        columns=columns(
            "家庭证号=household 住址=address 参合人姓名=name 户主关系=relation "
            "性别（男、女）=sex 出生日期=birth 公民身份号码=id 族别=ethnicity "
            "联系电话=phone 人员类别=special 参合时间=year 个人缴费（元）=amount "
            "备注=remark"
        ),
        titles=("长海县2019年新农合参合花名册",), by_town=True, subtotal="village", total=True,
        groups=(
            ("家庭信息", 2), ("参合人员信息", 7), ("人员类别", 1), ("参合缴费", 2), ("备注", 1),
        ),
        birth="excel", ethnicity="long", household="dashes",
        first_only=frozenset({"household"}),
    ),
    Layout(
        source="NCMS210291", file="gxyq2019.xlsx", container="xlsx",
        columns=columns(
            "参保人=name 身份证号码=id 性别=sex 出生年月日=birth 电话=phone 关系=relation "
            "户编码=household 行政村=village 人员属性=special 个人缴费=amount 缴费年度=year "
            "学历=schooling 身体状况=health 备_注=remark"
        ),
        birth="serial", household="short",
    ),
    Layout(
        source="NCMS210294", file="长兴岛经济区2019年度参合人员信息表.xlsx", container="xlsx",
        columns=columns(
            "序号=sequence 所属乡镇=town 村委会=village 屯组=group 家庭编号=household "
            "合作医疗证号=card 姓_名=name 证件号码=id 与户主关系=relation 出生年月=birth "
            "性_别=sex 民族=ethnicity 民政属性=special 参合年度=year 缴费金额=amount "
            "手机号=phone 说明=remark"
        ),
        titles=("长兴岛经济区2019年度新农合参合人员信息表", "填报单位：长兴岛经济区合管办"),
        notes=FOOT,
        by_town=True, sheet_rows=40, total=True, dictionary_sheet=True, year="long",
        ethnicity="long", special="insured",
    ),
)  # fmt: skip
"""The nine rural rosters, each in its office's own layout."""


def dalian() -> list[Layout]:
    """The nine NCMS rosters and the two exports."""
    return [*NCMS, *exports()]


def exports() -> list[Layout]:
    """The clean exports of the urban residents' and the employees' schemes."""
    shared = "psn_cert_type=certificate certno=id gend=gend naty=naty brdy=brdy"
    return [
        Layout(
            source="URBMI",
            file="urbmi_391_20191130.csv",
            columns=columns(
                f"psn_no=psn_no_391 psn_name=name {shared} insutype=391 insu_admdvs=admdvs "
                "psn_type=type_391 psn_insu_stas=insured begndate=since_391 tel=phone "
                "live_addr=live_addr"
            ),
        ),
        Layout(
            source="UEBMI",
            file="uebmi_310_20191130.csv",
            columns=columns(
                f"psn_no=psn_no_310 psn_name=name {shared} insutype=310 insu_admdvs=admdvs "
                "psn_type=type_310 psn_insu_stas=insured begndate=since_310 tel=phone "
                "emp_no=emp_no emp_name=emp_name"
            ),
        ),
    ]
