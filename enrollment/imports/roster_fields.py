"""The fields of a roster: the headings counties give them, and how their values look."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from bureau.intake.shapes import FieldSpec
from enrollment.choices import NumberState
from enrollment.rules import identity, words
from enrollment.rules.amounts import read_amount, read_year
from enrollment.rules.dates import read_date

_NAME_FORM = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff·?？□]{2,4}|[\u3400-\u9fff]+·.+")
_PHONE_FORM = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}")
_ADDRESS_FORM = re.compile(r".*[乡镇街道村区路].*[村组号屯队室户栋]")
_PLACES = {
    "town": re.compile(r".+(?:乡|镇|街道|农场|管委会|办事处)"),
    "village": re.compile(r".+(?:村|社区|居委会|村委会|嘎查)"),
    "group_name": re.compile(r".*(?:组|屯|队|社)"),
}


def _share(fits: Callable[[str], bool]) -> Callable[[Sequence[str]], float]:
    """Profile that tells the share of values that fit."""

    def profile(values: Sequence[str]) -> float:
        return sum(map(fits, values)) / len(values) if values else 0.0

    return profile


def _is_number(text: str) -> bool:
    state = identity.read_number(text).state
    return state not in (
        NumberState.MISSING,
        NumberState.BAD_LENGTH,
        NumberState.OTHER_DOCUMENT,
        NumberState.UNREADABLE,
        NumberState.PLACEHOLDER,
    )


def _is_name(text: str) -> bool:
    bare = words.folded(text)
    return (
        bool(_NAME_FORM.fullmatch(bare))
        and words.relation_of(bare) is None
        and words.special_group_of(bare) is None
        and words.ethnicity_of(bare) is None
    )


def _is_amount(text: str) -> bool:
    amount = read_amount(text).amount
    return amount is not None and abs(amount) < 10_000


_PROFILES: Final[dict[str, Callable[[Sequence[str]], float]]] = {
    "id_number": _share(_is_number),
    "head_id_number": _share(_is_number),
    "name": _share(_is_name),
    "head_name": _share(_is_name),
    "birth_on": _share(lambda text: read_date(text).on is not None),
    "begins_on": _share(lambda text: read_date(text).on is not None),
    "sex": _share(lambda text: words.sex_of(text) is not None),
    "relation": _share(lambda text: words.relation_of(text) is not None),
    "ethnicity": _share(lambda text: words.ethnicity_of(text) is not None),
    "special_group": _share(lambda text: words.special_group_of(text) is not None),
    "phone": _share(lambda text: bool(_PHONE_FORM.fullmatch(words.folded(text)))),
    "address": _share(lambda text: bool(_ADDRESS_FORM.fullmatch(words.folded(text)))),
    "amount": _share(_is_amount),
    "year": _share(lambda text: read_year(text).year is not None),
    **{
        name: _share(lambda text, form=form: bool(form.fullmatch(words.folded(text))))  # type: ignore[misc]
        for name, form in _PLACES.items()
    },
}

# Label and headings of each field, best first; spaces, units in brackets and marks do not count.
_HEADINGS: Final = {
    "id_number": (
        _("Identity number"),
        "公民身份号码 身份证号码 身份证号 证件号码 身份证 公民身份证号 公民身份证号码 "
        "居民身份证号 居民身份证号码 身份证件号码 身份证件号 证件号 身份号码 参合人身份证号 "
        "参合人身份证号码 参保人身份证号 参保人身份证号码 参保人证件号码 患者身份证号 "
        "本人身份证号 个人身份证号 社会保障号码 社会保障号 身份证编号 certno id_card id_no id "
        "idcard sfzh sfzhm zjhm id_number",
    ),
    "name": (
        _("Name"),
        "姓名 参合人姓名 参保人姓名 参合人 参保人 参合人员姓名 参保人员姓名 人员姓名 成员姓名 "
        "参合农民姓名 参合农民 农民姓名 参合者姓名 参保者姓名 参加人姓名 名字 患者姓名 "
        "家庭成员姓名 家庭成员 参合人员 参保人员 被保险人 本人姓名 缴费人姓名 psn_name full_name "
        "xm name",
    ),
    "birth_on": (
        _("Birth date"),
        "出生日期 出生年月日 出生年月 生日 出生时间 出生 出生日 生年月日 brdy csrq birthday "
        "birth_date date_of_birth dob birth",
    ),
    "sex": (
        _("Sex"),
        "性别 男/女 男女 成员性别 本人性别 人员性别 性别（男、女） 性别(1男2女) gend xb sex "
        "gender",
    ),
    "household_no": (
        _("Household number"),
        "户号 家庭编号 户籍号 家庭户编号 户口簿编号 户口本编号 户序号 家庭证号 户编码 户编号 "
        "家庭号 家庭编码 户口编号 家庭账号 农户编号 户代码 家庭代码 家庭户号 户籍编号 户口簿号 "
        "户口本号 户口号 参合户号 family_no fmly_no resdbook_no household_no hhno jtbh hh "
        "household",
    ),
    "relation": (
        _("Relation to the head"),
        "与户主关系 户主关系 家庭关系 关系 与户主的关系 同户主关系 和户主关系 与户主之关系 "
        "与参保人关系 成员关系 称谓 家庭成员关系 yhzgx relation",
    ),
    "head_name": (
        _("Name of the head"),
        "户主姓名 户主 户主名称 户主名 家庭户主 户主(姓名) 户主信息姓名 head_name householder "
        "hzxm head",
    ),
    "head_id_number": (
        _("Identity number of the head"),
        "户主身份证号 户主身份证号码 户主证件号码 户主公民身份号码 户主身份证 户主证件号 "
        "户主信息身份证号 head_id head_id_number hzsfzh",
    ),
    "member_no": (
        _("Member number"),
        "参合证号 合作医疗证号 合作医疗证编号 农合证号 医疗证号 医疗证卡号 医疗卡号 参合号 "
        "参合编号 参合证编号 新农合证号 农合卡号 医保卡号 合医证号 合作医疗号 合作医疗卡号 "
        "个人参合号 参合人编号 成员编号 人员编码 nhkh ylzh cardno",
    ),
    "psn_no": (
        _("Person number"),
        "psn_no 人员编号 个人编号 个人代码 社保编号 个人社保号 医保编号 grbh",
    ),
    "town": (
        _("Town"),
        "乡镇 所属乡镇 乡（镇）街道 乡镇街道 街道 乡镇名称 镇 乡 镇街 所属街道 乡镇（街道） "
        "镇（街道） 所在乡镇 街道乡镇 乡镇(街道)名称 所属镇 township town",
    ),
    "village": (
        _("Village"),
        "村 行政村 村委会 所属村 村名 村（社区） 村名称 社区 村（居） 行政村名称 村居 所在村 "
        "村(居)委会 村社区 居委会 village",
    ),
    "group_name": (
        _("Group"),
        "小组 村民组 屯组 组 村民小组 组名 屯 自然屯 村组 生产队 组别 自然村 group",
    ),
    "address": (
        _("Address"),
        "家庭住址 住址 地址 家庭地址 详细地址 居住地址 现住址 户籍地址 通讯地址 联系地址 "
        "户口所在地 居住地 live_addr hsreg_addr addr address",
    ),
    "phone": (
        _("Telephone"),
        "联系电话 电话 手机号 联系方式 手机号码 手机 电话号码 联系手机 固定电话 联系人电话 "
        "本人电话 tel mobile phone lxdh",
    ),
    "ethnicity": (_("Ethnic group"), "民族 族别 民族名称 naty mz nation"),
    "special_group": (
        _("Special group"),
        "人员类别 参合属性 参保类别 参保属性 民政类别 特困类别 保障类别 民政属性 人员属性 "
        "个人属性 参合类别 参合类型 人员性质 特殊人群 特殊人员类型 困难类别 优惠类别 救助类别 "
        "民政对象类别 贫困属性 缴费类别 缴费类型 人员身份类别 特殊身份 资助类别 资助对象类别 "
        "是否低保 psn_idet_type sp_psn_type",
    ),
    "amount": (
        _("Amount"),
        "个人缴费 缴费金额 参合金额 个人缴费（元） 缴费额 个人缴费额 个人缴费金额 应缴金额 金额 "
        "缴费(元) 个人应缴 实缴金额 个人实缴 参合费 缴纳金额 收费金额 交费金额 缴费标准 参保金额 "
        "个人筹资 筹资金额 自缴金额 合计缴费 缴费 psn_clct_amt amount premium contribution "
        "payment amount_paid fee",
    ),
    "year": (
        _("Year"),
        "参合年度 年度 缴费年度 参保年度 参保年份 年份 所属年度 筹资年度 参合年份 缴费年份 "
        "费款所属期 year",
    ),
    "joined_on": (
        _("Joined on"),
        "参合时间 参合日期 参保日期 参保时间 缴费日期 缴费时间 登记日期 办理日期 录入时间",
    ),
    "remarks": (
        _("Remarks"),
        "备注 说明 其他情况 备注说明 其它情况 其他 其它 备考 附注 备注信息 备注栏 memo remark "
        "remarks bz",
    ),
    "scheme_code": (_("Insurance type"), "insutype 险种类型 险种 参保险种 险种类别 险种代码"),
    "area_code": (
        _("Area code"),
        "insu_admdvs 参保地区划 参保区划 参保地医保区划 行政区划代码 区划代码 地区编码 医保区划",
    ),
    "person_kind": (_("Person type"), "psn_type 医疗人员类别 参保人员类别 参保身份"),
    "status": (_("Status"), "psn_insu_stas 参保状态 人员参保状态 缴费状态 参合状态 状态"),
    "certificate_kind": (
        _("Kind of document"),
        "psn_cert_type 证件类型 身份证件类型 人员证件类型 证件类别 证件种类",
    ),
    "begins_on": (
        _("Covered from"),
        "begndate 开始日期 参保开始日期 待遇开始日期 首次参保日期 个人参保日期 开始年月 生效日期 "
        "crt_insu_date",
    ),
    "employer_no": (_("Employer number"), "emp_no 单位编号 单位代码 参保单位编号"),
    "employer_name": (_("Employer"), "emp_name 单位名称 工作单位 参保单位 参保单位名称 就业单位"),
    "bank_account": (
        _("Bank account"),
        "银行账号 银行卡号 银行帐号 存折账号 一卡通账号 惠农一卡通 账号 开户账号 一折通账号",
    ),
    "serial_no": (_("Running number"), "序号 顺序号 顺序 编号 行号 流水号 no no. seq"),
    "family_size": (
        _("Family size"),
        "家庭人口数 家庭人口 户人口数 人口数 户人口 家庭人数 参合人数 户籍人口数 应参合人数",
    ),
    "clinic": (
        _("Clinic"),
        "就诊机构 定点机构 定点医疗机构 定点医院 签约机构 门诊定点 定点卫生室 就诊医院",
    ),
    "agent": (_("Clerk"), "录入员 经办人 操作员 录入人 填表人 登记人 收款人 代办人 收费员"),
}  # fmt: skip

_REQUIRED: Final = frozenset({"name"})
_FILL_DOWN: Final = frozenset(
    {"household_no", "head_name", "head_id_number", "town", "village", "group_name", "address"}
)
_EVIDENCE: Final = frozenset({"id_number", "name", "birth_on", "sex", "relation"})

ROSTER_FIELDS: Final[tuple[FieldSpec, ...]] = tuple(
    FieldSpec(
        name=name,
        label=label,  # type: ignore[arg-type]
        header_words=tuple(headings.split()),
        profile=_PROFILES.get(name),
        required=name in _REQUIRED,
        fill_down=name in _FILL_DOWN,
        evidence=name in _EVIDENCE,
    )
    for name, (label, headings) in _HEADINGS.items()
)
"""Every field that a roster may have, in the order in which a page offers them."""

FIELD_BY_NAME: Final = {field.name: field for field in ROSTER_FIELDS}


def heading_of(name: str) -> str:
    """The usual heading of a field, by which a file is understood again."""
    return FIELD_BY_NAME[name].header_words[0]
