"""Fields of a list of people, as an app would declare them; the reader knows none of them."""

import re
from collections.abc import Callable, Sequence

from bureau.intake.shapes import FieldSpec


def share_of(pattern: str) -> Callable[[Sequence[str]], float]:
    """A profile: the share of values that match."""
    compiled = re.compile(pattern)

    def profile(values: Sequence[str]) -> float:
        return sum(bool(compiled.search(value.strip())) for value in values) / len(values)

    return profile


NUMBER = share_of(
    r"^[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx]$|^[1-9]\d{7}[01]\d[0-3]\d{4}$"
)
NAME = share_of(r"^[\u3400-\u9fff·]{2,4}$")
BIRTH = share_of(r"^(?:19|20)\d\d[-./年]?[01]?\d[-./月]?[0-3]?\d日?$|^[1-4]\d{4}$")
SEX = share_of(r"^[男女]$|^[12]$")
RELATION = share_of(r"^(?:户主|本人|配偶|妻子?|丈夫|子|女|儿子|女儿|父亲?|母亲?|孙.|儿媳.*)$")
AMOUNT = share_of(r"^-?\d{2,4}(?:\.\d+)?元?$")
YEAR = share_of(r"^20\d\d(?:年度?)?$")
PHONE = share_of(r"^1\d{10}$")

FIELDS = (
    FieldSpec(
        "number",
        "Identity number",
        ("身份证号", "身份证号码", "公民身份号码", "证件号码", "certno"),
        NUMBER,
        required=True,
        evidence=True,
    ),
    FieldSpec(
        "name",
        "Name",
        ("姓名", "参合人姓名", "参保人", "psn_name"),
        NAME,
        required=True,
        evidence=True,
    ),
    FieldSpec(
        "born",
        "Birth date",
        ("出生日期", "出生年月日", "出生年月", "生日", "brdy"),
        BIRTH,
        evidence=True,
    ),
    FieldSpec("sex", "Sex", ("性别", "男/女", "gend"), SEX),
    FieldSpec("household", "Household", ("户号", "户编码", "家庭编号", "家庭证号"), fill_down=True),
    FieldSpec("head_name", "Head of household", ("户主", "户主姓名"), NAME, fill_down=True),
    FieldSpec("relation", "Relation", ("与户主关系", "户主关系", "家庭关系", "关系"), RELATION),
    FieldSpec("member_number", "Card number", ("合作医疗证号", "参合证号", "psn_no")),
    FieldSpec("nation", "Nationality", ("民族", "族别", "naty")),
    FieldSpec("phone", "Telephone", ("联系电话", "手机号", "联系方式", "电话", "tel"), PHONE),
    FieldSpec("town", "Town", ("乡镇", "所属乡镇", "乡（镇）街道")),
    FieldSpec("village", "Village", ("行政村", "村委会", "所属村", "村")),
    FieldSpec("group", "Group", ("小组", "村民组", "屯组")),
    FieldSpec("address", "Address", ("家庭住址", "住址", "live_addr")),
    FieldSpec("amount", "Amount", ("个人缴费", "缴费金额", "参合金额"), AMOUNT),
    FieldSpec("year", "Year", ("年度", "参合年度", "缴费年度", "参合时间"), YEAR),
    FieldSpec("category", "Category", ("人员类别", "人员属性", "参合属性", "民政属性", "psn_type")),
    FieldSpec("remarks", "Remarks", ("备注", "说明", "其他情况")),
)
