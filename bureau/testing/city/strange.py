"""Layouts nobody has seen before, drawn from a seed: other headers, encodings, forms and habits."""

from random import Random
from typing import Any

from bureau.testing.city.habits import (
    AMOUNT_HABITS,
    DATE_HABITS,
    RELATION_HABITS,
    SEX_HABITS,
    SPECIAL_HABITS,
    YEAR_HABITS,
    Layout,
)
from bureau.testing.city.layouts import FOOT, exports
from bureau.testing.city.places import counties
from bureau.testing.city.words import words

#: What offices call a column; an underscore stands for a space.
HEADERS = {
    "name": "姓名 姓__名 参保人姓名 人员姓名 家庭成员姓名 农民姓名 参合农民 成员姓名",
    "id": "身份证号 身份证号码 公民身份号码 证件号码 居民身份证号码 身份证 社会保障号 证件号",
    "sex": "性别 性__别 男女 性别（男/女） 成员性别",
    "birth": "出生日期 出生年月日 生日 出生年月 出生时间 出生_日期",
    "ethnicity": "民族 族别 民__族",
    "relation": "与户主关系 关系 户主关系 家庭关系 与户主的关系 称谓 与户主_关系",
    "household": "户号 家庭编号 家庭编码 户编号 户籍号 家庭证号 家庭户号",
    "head_name": "户主姓名 户主 户主名",
    "head_id": "户主身份证号 户主身份证号码 户主证件号码 户主身份证",
    "town": "乡镇 镇（街道） 所在乡镇 街道 乡镇名称 所属乡镇街道",
    "village": "村 行政村 村（社区） 村名 所在村 村委会名称",
    "group": "组 村民小组 屯 小组 组别 村民组",
    "address": "住址 家庭住址 详细地址 居住地址 户籍地址",
    "phone": "联系电话 电话 手机 手机号码 联系方式 联系人电话",
    "special": "人员类别 参保类别 人员属性 民政类别 特殊人群 参合属性",
    "amount": "缴费金额 个人缴费 金额（元） 缴费（元） 实缴金额 应缴金额 个人缴费额",
    "year": "年度 参合年度 缴费年度 参保年份 所属年度",
    "card": "医疗证号 合作医疗证号 医疗卡号 合医证号",
    "remark": "备注 备__注 说明 其他 备注说明 附注",
    "sequence": "序号 编号 NO. 行号 序__号 顺序",
    "size": "家庭人口 户人口数 家庭人口数",
    "age": "年龄 周岁",
    "schooling": "文化程度 学历",
    "health": "健康状况 身体状况",
    "bank": "银行卡号 社保卡银行账号 银行账号",
    "clinic": "定点机构 就诊机构 定点卫生室",
    "operator": "经办人 录入员 填表人",
}
ALWAYS = words("name id sex birth relation household amount remark")
SOMETIMES = {
    "town": 0.8, "village": 0.9, "group": 0.6, "address": 0.4, "phone": 0.9, "special": 0.9,
    "year": 0.7, "card": 0.3, "sequence": 0.7, "size": 0.2, "age": 0.3, "schooling": 0.2,
    "health": 0.2, "bank": 0.3, "clinic": 0.2, "operator": 0.2, "ethnicity": 0.7,
}  # fmt: skip
#: Encodings of text files with the share of files that begin with a byte order mark.
ENCODINGS = (("utf-8", 0.5), ("gb18030", 0.0), ("gbk", 0.0), ("utf-16-le", 1.0), ("utf-16-be", 1.0))
GROUP_LABELS = words("基本信息 家庭信息 参合信息 缴费信息 人员信息 其他信息 登记信息")
SUBTOTAL_WORDS = {
    "page": words("本页小计 本页合计 小计"),
    "village": words("小计 本村合计 村小计"),
    "town": words("小计 乡镇小计 合计"),
}
TITLES = (
    "{county}{year}年新型农村合作医疗参合人员名册",
    "{year}年度参合农民花名册",
    "{county}合作医疗参合登记表（{year}年）",
    "附件1",
    "填报单位：{county}合管办          单位：元",
    "{county}新农合管理中心  制表日期：2018.12.25",
)
NOTES = (*FOOT, "注：本表一式三份，乡镇、村、农户各执一份。", "共 页 第 页", "审核：        制表：")
NAMES = (
    "{county}名册{year}", "xnh_{code}_{year}", "{county}参合人员（终版2）", "导出数据{code}",
    "{code}-{year}-12", "{county}农合{year}年最终",
)  # fmt: skip


def layouts(seed: int) -> list[Layout]:
    """Nine layouts drawn from the seed, and the two exports, which are no office's own work."""
    random = Random(f"layouts {seed}")
    offices = [county for county in counties() if county.rural_share]
    # Each container, encoding and delimiter occurs among nine files; who gets which is chance.
    shapes: list[tuple[str, str]] = [("xlsx", "")] * 3
    shapes += [("text", encoding) for encoding, _ in ENCODINGS]
    shapes.append(("text", random.choice(ENCODINGS)[0]))
    random.shuffle(shapes)
    delimiters = [",", "\t", "|", ";", *random.choices(",\t|;", k=2)]
    random.shuffle(delimiters)
    made = []
    for office, (container, encoding) in zip(offices, shapes, strict=True):
        delimiter = "" if container == "xlsx" else delimiters.pop()
        made.append(_layout(random, office.code, office.name, container, encoding, delimiter))
    return made + exports()


def _layout(
    random: Random, code: str, county: str, container: str, encoding: str, delimiter: str
) -> Layout:
    text = container == "text"
    by_town = random.random() < (0.3 if text else 0.6)
    columns = _columns(random)
    fields = {name for _, name in columns}
    subtotal = random.choice(("", "", "village", "page", "town"))
    titles = random.sample(TITLES, random.choice((0, 1, 1, 2, 3)))
    options: dict[str, Any] = {}
    if text:
        bom = random.random() < dict(ENCODINGS)[encoding]
        options |= {"encoding": encoding, "bom": bom, "delimiter": delimiter}
        options |= {"newline": random.choice(("\r\n", "\r\n", "\n"))}
        options |= {"quoted": delimiter in ",;" or random.random() < 0.5}
    else:
        options["hidden_last_year"] = random.random() < 0.4
        options["dictionary_sheet"] = random.random() < 0.4
        options["sheet_rows"] = random.choice((0, 0, 500))
    dates = [habit for habit in DATE_HABITS if habit != "serial" or not text]
    return Layout(
        source=f"NCMS{code}",
        file=_file(random, code, county, container, delimiter, by_town=by_town),
        columns=columns,
        container=container,
        titles=tuple(title.format(county=county, year=2019) for title in titles),
        groups=_groups(random, columns) if random.random() < 0.35 else (),
        notes=tuple(random.sample(NOTES, random.choice((0, 0, 1, 2)))),
        by_town=by_town,
        page_rows=random.choice((20, 30, 45)) if subtotal == "page" else 0,
        repeat_header=subtotal == "page" and random.random() < 0.7,
        subtotal=subtotal,
        subtotal_word=random.choice(SUBTOTAL_WORDS.get(subtotal, ("小计",))),
        total=random.random() < 0.5,
        first_only=_first_only(random, fields),
        birth=random.choice([*dates, "excel"] if not text else dates),
        sex=random.choice(list(SEX_HABITS)),
        amount=random.choice(["plain"] * 4 + list(AMOUNT_HABITS)),
        year=random.choice(["plain"] * 3 + list(YEAR_HABITS)),
        relation=random.choice(list(RELATION_HABITS)),
        special=random.choice(list(SPECIAL_HABITS)),
        ethnicity=random.choice(("word", "long", "codes")),
        household=random.choice(("digits16", "short", "dashes", "like_identity", "count")),
        **options,
    )


def _columns(random: Random) -> tuple[tuple[str, str], ...]:
    """Columns in any order, but the running number first and the head's beside the member's."""
    fields = [*ALWAYS, *(name for name, share in SOMETIMES.items() if random.random() < share)]
    random.shuffle(fields)
    for head, member in (("head_id", "id"), ("head_name", "name")):
        if random.random() < 0.4:
            fields.insert(fields.index(member) + random.randint(0, 1), head)
    if "sequence" in fields:
        fields.remove("sequence")
        fields.insert(0, "sequence")
    return tuple((random.choice(words(HEADERS[name])).replace("_", " "), name) for name in fields)


def _groups(random: Random, columns: tuple[tuple[str, str], ...]) -> tuple[tuple[str, int], ...]:
    """A row of labels above the headers; a column that stands alone bears its own header there."""
    groups: list[tuple[str, int]] = []
    place = 0
    labels = random.sample(GROUP_LABELS, len(GROUP_LABELS))
    while place < len(columns):
        span = min(random.choice((1, 1, 2, 3, 4, 5)), len(columns) - place)
        if span > 1 and labels:
            groups.append((labels.pop(), span))
        else:
            span = 1
            groups.append((columns[place][0], 1))
        place += span
    return tuple(groups)


def _first_only(random: Random, fields: set[str]) -> frozenset[str]:
    if random.random() < 0.7:
        return frozenset()
    return frozenset({"household", "head_name", "head_id"} & fields)


def _file(
    random: Random, code: str, county: str, container: str, delimiter: str, *, by_town: bool
) -> str:
    """A file name, whose ending is not always true."""
    name = random.choice(NAMES).format(county=county, code=code, year=2019)
    if container == "xlsx":
        return name + random.choice((".xlsx", ".xlsx", ".xls"))
    if by_town:
        name += "_{town}"
    return name + random.choice(
        (".csv", ".txt", ".xls") if delimiter == "\t" else (".csv", ".txt", ".dat")
    )
