"""Eighteen rosters as counties of other provinces hand theirs in: nine from Dalian's own areas, and
nine from counties that are not Dalian's at all."""

from bureau.testing.city.elsewhere.habits import OfficeLayout
from bureau.testing.city.layouts import columns

SIGNED = "村负责人（签字）：¦经办人：¦联系电话：0411-83620018"

AT_HOME = (
    # Two identity columns, the head's first; a state subsidy and a sum beside what people pay; a
    # title of four rows and a heading of two; last year's copy on a hidden sheet.
    OfficeLayout(
        source="NCMS210211", file="2019年筹资花名册-甘井子.xlsx", container="xlsx", written="xlsx",
        titles=(
            "附件2", "二〇一九年度新型农村合作医疗筹资花名册",
            "填报单位（盖章）：{county}农合办¦¦单位：人、元¦填报时间：2018年12月20日",
        ),
        head=(
            (("序号", 1), ("乡镇名称", 1), ("村组", 2), ("户主信息", 2), ("参合人员信息", 5),
             ("筹资情况", 3), ("备注", 1)),
        ),
        columns=columns(
            "序号=sequence 乡镇名称=town 村=village 组=group 户主姓名=head_name "
            "身份证号(户主)=head_id 姓名=name 与户主关系=relation 性别=sex 出生年月=birth "
            "公民身份证号码=id 筹资金额=amount 财政补助=subsidy 合计=with_subsidy 备注=remark"
        ),
        by_town=True, subtotal="village", subtotal_word="村小计", total=True,
        old_copy="2018", dates="month", relations="spoken",
        notes=("注：1.本表按户填写，2019年个人筹资标准250元。2.本表一式三份。", SIGNED),
    ),
    # A page of a web system with pinyin headings, called .xls.
    OfficeLayout(
        source="NCMS210212", file="cbmd_210212_2019.xls", container="html", written="html",
        encoding="gbk",
        columns=columns(
            "xh=sequence jtbh=household hzxm=head_name xm=name sfzh=id xb=sex csrq=birth "
            "mz=ethnicity yhzgx=relation lxdh=phone jtzz=address jfje=amount nd=year bz=remark"
        ),
        sexes=("2", "1"), relations="two_digits", dates="compact", households="like_identity",
    ),
    # No heading at all; UTF-16 without a mark; tabs in a file called .csv.
    OfficeLayout(
        source="NCMS210213", file="金州2019.csv", encoding="utf-16-le", delimiter="\t",
        no_header=True, quoted=False,
        columns=columns(
            "1=town 2=village 3=household 4=name 5=id 6=sex 7=birth 8=relation 9=amount "
            "10=phone 11=remark"
        ),
        line_ends=("\n",), dates="dot_padded", households="count",
    ),
    # A sheet per village, pages with titles, signatures and sums carried over; no birth dates.
    OfficeLayout(
        source="NCMS210214", file="{town}参合证台账.xlsx", container="xlsx", written="xlsx",
        titles=("{county}{town}{village}2019年参合农户台账", "第    页"),
        columns=columns(
            "参合证号=card18 户主=head_name 参合人姓名=name 性别=sex 身份证=id 关系=relation "
            "交费=amount 交款日期=paid_on 是否续保=renewed 电话=phone 说明=remark"
        ),
        by_town=True, by_village=True, sheet_name="{village}", page_rows=18, repeat_titles=True,
        repeat_header=True, carried=True, page_foot=(SIGNED,), total=True,
        first_only=frozenset({"card18", "head_name"}), relations="first_son", pay_dates="dot",
        notes=("以下空白",), margin=(1, 0),
    ),
    # Columns of fixed width, with characters that need four bytes.
    OfficeLayout(
        source="NCMS210281", file="瓦房店新农合2019.txt", encoding="gb18030", delimiter="",
        written="fixed", quoted=False,
        titles=("瓦房店市2019年参合名单                                             共1册",),
        columns=columns(
            "编号=sequence 户口簿号=household 参保人姓名=name 性别=sex 本人身份证=id "
            "出生日期=birth 与户主关系=relation 乡镇=town 村=village 个人缴费=amount "
            "联系电话=phone"
        ),
        households="book", subtotal="village", subtotal_word="小计", total=True,
        relations="formal", dates="iso",
    ),
    # Big5 and traditional characters throughout, semicolons, everything in quotation marks.
    OfficeLayout(
        source="NCMS210283", file="zhuanghe-2019-ncms.csv", encoding="big5", delimiter=";",
        quote_all=True, traditional=True,
        columns=columns(
            "编号=sequence 乡镇=town 村别=village 户号=household 姓名=name 身份证字号=id "
            "性别=sex 出生日期=birth 称谓=relation 电话=phone 缴纳金额=amount 年度=year 备注=remark"
        ),
        dates="minguo", relations="formal", line_ends=("\r\n", "\n", "\r\n"),
    ),
    # The standard's item codes as headings, a person's number that looks like an identity number.
    OfficeLayout(
        source="NCMS210224", file="AC01_210224_20190101.txt", encoding="gbk", delimiter="|",
        quoted=False, line_ends=("\n",), trailing=True,
        columns=columns(
            "AAC001=person18 AAC003=name AAC004=sex AAC005=ethnicity AAC006=birth AAC058=card_kind "
            "AAE135=id AAE005=phone AAE006=address AAC069=relation AAB400=household "
            "AAE019=amount AAE001=year AAE013=remark"
        ),
        sexes=("2", "1"), dates="compact", relations="two_digits", households="digits16",
    ),
    # Dates of two-digit years, amounts in capitals, empty columns, the year only in the sheet name.
    OfficeLayout(
        source="NCMS210291", file="高新区花名册(最终).xlsx", container="xlsx", written="xlsx",
        sheet_name="2019年度", margin=(2, 1),
        columns=columns(
            "姓名=name =blank 医疗证号=card18 身份证号码=id 男女=sex =blank 生日=birth "
            "家庭关系=relation 组别=village_group 家庭编码=household 实缴金额=amount "
            "参合日期=paid_on 手机=phone 附注=remark"
        ),
        dates="short_dot", sexes=("女性", "男性"), amounts="capital", nothing="免缴",
        relations="of_head", households="short", padded_names=True,
    ),
    # Spreadsheet XML called .xls: heading only on the first sheet, dates as serial numbers.
    OfficeLayout(
        source="NCMS210294", file="长兴岛2019年度名单.xls", container="xml", written="xml",
        titles=("{town}",), header_once=True, by_town=True, sheet_name="{town}",
        columns=columns(
            "人员编码=person18 姓名=name 证件类型=card_kind 证件号=id 性别=sex 出生日期=birth "
            "户籍地址=address 家庭编号=household 户主身份证号=head_id 户主关系=relation "
            "人员身份=special 应缴金额=amount 参保状态=status 参合年度=year 备注=remark"
        ),
        dates="serial", years="han", specials="urban", amounts="decimal", relations="formal",
        households="digits16", old_copy="2018年",
    ),
)  # fmt: skip

ABROAD = (
    # Sums after every family, village and group in one cell, months without days.
    OfficeLayout(
        source="NCMS341221", file="临泉县瓦店镇等2019年新农合名册.csv",
        titles=("临泉县2019年度新型农村合作医疗农户参合登记表", "", "¦单位：元¦2018-12-28"),
        columns=columns(
            "顺序=sequence 镇别=town 村组=village_group 户主=head_name 户口簿号=household "
            "参保人=name 公民身份证号=id 性别=sex 出生年月=birth 与户主的关系=relation "
            "人员类别=special 缴费额=amount 备注=remark"
        ),
        family_sum="户小计", dates="month_chinese", relations="first_son", specials="blank",
        nothing="-", households="in_village", total=True, line_ends=("\r\n", "\n"),
        file_end="none",
    ),
    # UTF-16 with the high byte first and no mark, called .xls; every number behind an apostrophe.
    OfficeLayout(
        source="NCMS411525", file="固始县2019农合.xls", encoding="utf-16-be", delimiter="\t",
        quoted=False,
        columns=columns(
            "乡=town 村=village 组=group 家庭账号=household 成员姓名=name 成员性别=sex "
            "成员身份证号=id 成员生日=birth 成员与户主关系=relation 民族=ethnicity "
            "缴款人=payer_name 缴款人身份证号=payer_id 缴款金额=amount 年份=year 其他=remark"
        ),
        id_dress="'{}", dates="with_time", amounts="sign", nothing="￥0.00", relations="formal",
        households="count",
    ),
    # Families under titles of their own that name the head's number; no household column.
    OfficeLayout(
        source="NCMS371721", file="曹县合作医疗2019年登记册.xlsx", container="xlsx", written="xlsx",
        titles=("曹县新型农村合作医疗登记册",), sheet_name="{town}", by_town=True,
        columns=columns(
            "序号=sequence 姓名=name 性别=sex 关系=relation 身份证号码=id 出生年月日=birth "
            "年龄=age 缴费=amount 签名=blank 备注=remark"
        ),
        family_title="户主：{head}    户号：{household}    人口：{size}人    身份证：{number}",
        family_sum="小计", dates="slash", relations="spoken", notes=(SIGNED,),
    ),
    # English headings and words, semicolons, amounts with a point and nothing behind it.
    OfficeLayout(
        source="NCMS511021", file="anyue_rural_2019.csv", delimiter=";", line_ends=("\n",),
        bom=True,
        columns=columns(
            "No=sequence Household_No=household Name=name ID_Card=id Gender=sex DOB=birth "
            "Relationship=relation Township=town Village=village Fee=amount Year=year "
            "Mobile=phone Remarks=remark"
        ),
        sexes=("F", "M"), dates="iso", relations="english", amounts="point", households="dashes",
    ),
    # Two columns named alike, twice: the head's and the member's, the member's first.
    OfficeLayout(
        source="NCMS520222", file="盘县2019.xlsx", container="xlsx", written="xlsx",
        head=(
            (("序号", 1), ("家庭成员", 5), ("户主", 2), ("住址", 2), ("参合", 3), ("备注", 1)),
        ),
        columns=columns(
            "序号=sequence 姓名=name 性别=sex 身份证号码=id 出生日期=birth 关系=relation "
            "姓名=head_name 身份证号码=head_id 乡镇=town 村=village 证号=card18 金额=amount "
            "年度=year 备注=remark"
        ),
        dates="excel", relations="spoken", years="long", specials="blank",
        page_rows=25, subtotal="page", subtotal_word="本页小计", repeat_header=True,
        side=(("代码", "名称"), ("1", "男"), ("2", "女"), ("01", "汉族"), ("10", "户主")),
    ),
    # The head's identity number is the household's number; sums due of the family in its first row.
    OfficeLayout(
        source="NCMS530381", file="宣威市参保缴费明细表2019年.csv", encoding="gbk", delimiter=",",
        columns=columns(
            "村名=village 家庭户号=household 姓名=name 证件号码=id 性别=sex 出生日期=birth "
            "家庭关系=relation 户内人数=family_size 户缴费总额=family_amount 电话号码=phone "
            "缴费时间=paid_on 备注=remark"
        ),
        households="head", dates="slash", relations="first_son", pay_dates="with_time",
        ragged=True, file_end="\x1a", titles=("宣威市2019年参保缴费明细表",),
    ),
    # Everything behind ="…", pipes and quotation marks; columns from the last to the first.
    OfficeLayout(
        source="NCMS610322", file="凤翔县_2019_导出.csv", encoding="gb18030", delimiter="|",
        quote_all=True, id_dress='="{}"',
        columns=columns(
            "备注=remark 操作员=operator 缴费比例=hundred 参保年度=year 个人应缴=amount "
            "开户账号=bank 手机号码=phone 与户主关系=relation 民族=ethnicity 出生=birth 性别=sex "
            "公民身份号码=id 参保人员=name 户编号=household 所属村=village 所属镇=town"
        ),
        dates="chinese", relations="formal", years="compact", households="digits16",
    ),
    # No heading; the head's and the member's number; quotation marks around everything.
    OfficeLayout(
        source="NCMS321322", file="sy2019data.txt", no_header=True, quote_all=True,
        line_ends=("\r\n",), delimiter=",",
        columns=columns(
            "1=sequence 2=head_name 3=head_id 4=name 5=id 6=relation 7=sex 8=birth 9=phone "
            "10=address 11=amount 12=year"
        ),
        dates="iso", relations="formal", sexes=("女", "男"),
    ),
    # A workbook with an overview in front, a sheet per village, dates in words.
    OfficeLayout(
        source="NCMS360730", file="宁都县2019年度城乡居民（农合）参保花名册.xlsx", container="xlsx",
        written="xlsx", titles=("宁都县{town}{village}参保花名册", "年度：2019¦制表人：李芳"),
        by_village=True, sheet_name="{village}", overview=True, old_copy="上年",
        columns=columns(
            "编号=sequence 户主姓名=head_name 家庭编码=household 姓名=name 公民身份证号码=id "
            "性别=sex 出生年月=birth 户主关系=relation 代缴人=payer_name 代缴人证件号=payer_id "
            "个人缴费金额=amount 备注=remark"
        ),
        dates="words", relations="spoken", amounts="whole", nothing="代缴", gap=True,
        households="short", first_only=frozenset({"household", "head_name"}),
    ),
)  # fmt: skip
