"""Names as given in northern China, by decade of birth and sex, and ways of miswriting them."""

from random import Random

from bureau.testing.city.words import words

#: Surnames with their share in ten thousand, as usual on the Liaodong peninsula.
SURNAMES = (
    "王 1080 李 900 张 800 刘 750 于 460 孙 450 姜 300 曲 230 赵 280 陈 240 杨 190 徐 190 "
    "宋 180 高 180 林 150 周 130 吴 130 马 150 郭 140 朱 110 胡 95 韩 120 何 60 郑 70 梁 75 "
    "谢 50 唐 60 许 90 冯 60 董 100 程 50 曹 60 袁 45 邓 30 潘 50 杜 55 丛 60 吕 110 丁 60 "
    "任 60 姚 45 卢 45 傅 40 付 45 崔 80 汪 40 田 50 范 50 石 50 邹 70 金 60 关 45 佟 40 "
    "隋 70 迟 60 初 50 宫 60 栾 45 矫 25 毕 50 苗 40 车 30 战 25 衣 15 由 12 解 20 都 10 "
    "包 25 白 35 贾 45 夏 40 蒋 30 侯 40 康 30 尹 40 薛 30 阎 25 闫 35 段 30 雷 20 汤 18 "
    "武 30 孔 30 沙 8 单 15 冷 20 滕 12 牟 25 慕 6 祝 12 修 12 鞠 15 盖 6 那 8 富 5 洪 15 "
    "欧阳 4 司徒 1 上官 1 诸葛 1"
)

#: Per last year of birth: share of one-character names, then characters for boys' and girls'
#: first and second place. A character written twice is twice as frequent.
DECADES: tuple[tuple[int, float, str, str, str, str], ...] = (
    (
        1949, 0.06,
        "德玉永世广传福文振学殿宝成吉树万兴春长振洪士景庆贵",
        "福贵财山林臣海江昌田有才仁义云清发喜堂文武全和先",
        "玉桂淑秀凤素春金美翠月云兰香玉淑桂秀",
        "兰英珍芝荣花香琴芳云梅清凤霞娥莲贤芬琴珍英兰",
    ),
    (
        1964, 0.14,
        "建国永志玉德文学广庆洪春金明长世福卫立新振树吉成",
        "国军华林民生东山海平福财军发忠江明义文斌利波强臣",
        "淑桂玉秀丽凤春美爱素亚红金云翠艳晓惠",
        "华英兰芬芳梅珍荣霞琴香杰敏云清玲丽萍艳凤芝娟红",
    ),
    (
        1979, 0.24,
        "建志永晓文国卫海洪立德明世春东向振新玉学景福连",
        "军强伟东明辉刚勇斌波杰峰涛林国平海华龙利臣民",
        "丽晓艳红秀春美淑玉亚海雪凤桂爱洪金文月",
        "丽华梅霞红艳娟玲敏杰萍芳静燕英云娜凤玉秋莉",
    ),
    (
        1994, 0.38,
        "晓志海俊文建明世天宇永鹏洪立国振思成家新子",
        "鹏飞龙超强伟磊斌涛杰峰辉亮刚宇浩洋旭健明凯",
        "晓丽婷雪文海佳美艳红丹秀春思玉梦娜慧莹",
        "丽娜婷婷颖静燕丹慧敏雪梅娟玲莹琳洁霞红艳倩",
    ),
    (
        2004, 0.30,
        "子俊文佳思天宇浩明志嘉智晓泽家宏博一鑫泽",
        "豪宇轩博阳航鹏杰涛龙浩辉文旭凯晨泽然哲洋",
        "思佳雨梦雪欣晓子文嘉美诗可怡宇慧静语",
        "琪怡彤欣慧雪瑶婷莹涵萱颖琳悦佳洁宁倩",
    ),
    (
        2099, 0.14,
        "子浩宇梓奕俊泽沐铭嘉一思智博昊天家晨皓佑",
        "轩宇泽辰然睿豪涵阳博航晨铭霖泽瑞昊恒懿诚",
        "子梓欣雨诗可语一沐思梦佳若艺雪嘉依紫奕",
        "涵萱怡彤瑶汐诺妍琪桐悦馨玥宁欣然晴婷熙",
    ),
)  # fmt: skip

#: Uyghur and Kazakh given names and fathers' names; Mongol names stand alone.
TURKIC_MALE = words("阿迪力 买买提 吐尔逊 艾力 热合曼 库尔班 玉素甫 伊力哈木 巴合提 叶尔肯")
TURKIC_FEMALE = words("古丽娜尔 阿依古丽 帕提古丽 热依汗 米热古丽 阿米娜 迪丽努尔 加依娜")
MONGOL_MALE = words("巴特尔 乌力吉 格日勒图 苏和 宝音 那顺 阿拉坦 朝鲁")
MONGOL_FEMALE = words("萨日娜 乌云 其其格 斯琴 高娃 托娅 娜仁花 乌日娜")

#: Characters that GBK lacks and GB 18030 has (extensions A to E): common in "no such character"
#: complaints at counters.
RARE_CHARACTERS = "㻬𫖯𬘭㬎𫍯㛃𬍛𬭎㳚𬬭㼆𣲗𬀩㑇𠅤𬸪"

#: Groups that sound alike; a clerk writing from hearing takes another of the group.
HOMOPHONES = (
    "丽莉利俐", "英瑛莹樱", "玉钰育", "华桦", "军君均", "辉晖徽", "霞侠", "珍真贞", "芬纷",
    "兰岚", "梅玫", "娟鹃", "萍平苹", "芳方", "强墙", "伟炜玮", "涛滔", "波博", "峰锋丰",
    "明铭名", "志智治", "文雯", "晓小", "佳嘉家", "雪学", "欣新鑫", "子梓紫", "轩宣",
    "宇雨羽语", "涵晗", "怡仪宜", "诗思丝", "琪祺奇", "浩昊皓", "泽择", "桂贵", "淑姝",
    "秀绣", "凤奉", "春椿", "红虹洪宏", "艳燕彦", "静靖", "敏闵", "杰洁捷", "龙隆", "海孩",
    "建健剑", "国果", "永勇咏", "福富", "成诚城", "林琳霖", "刚钢", "德得",
)  # fmt: skip

#: Groups that look alike.
GLYPHS = (
    "丽两", "梅悔", "伟伪", "芳劳", "娟捐", "洪供", "艳绝", "淑椒", "佳住", "春舂", "雪雷",
    "涛铸", "辉挥", "志忘", "玉王", "未末", "日曰", "晓哓", "杨扬", "治冶", "鸟乌", "宇字",
    "梁粱", "荣菜", "莱菜", "浩洁", "宁宇", "凤风", "欣欢", "永水", "明朋", "桂挂", "洋详",
)  # fmt: skip

TRADITIONAL = str.maketrans(
    "刘张陈孙赵马杨吴郑谢许冯汤华国丽兰凤云龙东军强伟辉刚贵财兴振树万传广宝发义卫"
    "丰爱艳红颖静娅荣芦珑长庆学刚闫卢邓韩贾吕迟宫关单车苏银铭轩泽凯鹏飞飘诗语诺梦",
    "劉張陳孫趙馬楊吳鄭謝許馮湯華國麗蘭鳳雲龍東軍強偉輝剛貴財興振樹萬傳廣寶發義衛"
    "豐愛艷紅穎靜婭榮蘆瓏長慶學剛閆盧鄧韓賈呂遲宮關單車蘇銀銘軒澤凱鵬飛飄詩語諾夢",
)


def _groups(groups: tuple[str, ...]) -> dict[str, str]:
    others: dict[str, str] = {}
    for group in groups:
        for character in group:
            others.setdefault(character, group.replace(character, ""))
    return others


_HOMOPHONES = _groups(HOMOPHONES)
_GLYPHS = _groups(GLYPHS)


def surname_table() -> list[str]:
    """Every surname as often as its share says: looked up faster than weights are summed."""
    surnames = words(SURNAMES)
    return [
        surname
        for surname, share in zip(surnames[::2], surnames[1::2], strict=True)
        for _ in range(int(share))
    ]


class NameGiver:
    """Gives surnames and full names by chance."""

    def __init__(self, random: Random) -> None:
        self._random = random.random
        self._surnames = surname_table()
        self._decades = {
            year: next(decade for decade in DECADES if year <= decade[0])
            for year in range(1880, 2100)
        }

    def surname(self) -> str:
        """A surname, as frequent as it is among the people."""
        return self._surnames[int(self._random() * len(self._surnames))]

    def full_name(self, surname: str, birth_year: int, *, male: bool) -> str:
        """Surname and given name of somebody born in a year."""
        chance = self._random
        _, single, boy_first, boy_second, girl_first, girl_second = self._decades[birth_year]
        second = boy_second if male else girl_second
        given = second[int(chance() * len(second))]
        if chance() >= single or len(surname) > 1:
            first = boy_first if male else girl_first
            given = first[int(chance() * len(first))] + given
        if chance() < 0.0021:
            given = given[:-1] + RARE_CHARACTERS[int(chance() * len(RARE_CHARACTERS))]
        return surname + given

    def minority_name(self, ethnicity: str, *, male: bool) -> str | None:
        """A name without a Chinese surname, for the few peoples that use such; else None."""
        chance = self._random
        if ethnicity == "维吾尔":
            given = TURKIC_MALE if male else TURKIC_FEMALE
            return (
                given[int(chance() * len(given))]
                + "·"
                + TURKIC_MALE[int(chance() * len(TURKIC_MALE))]
            )
        if ethnicity == "蒙古" and chance() < 0.2:
            given = MONGOL_MALE if male else MONGOL_FEMALE
            return given[int(chance() * len(given))]
        return None


def with_other_character(name: str, random: Random, *, by_sound: bool) -> str | None:
    """The name with one character taken for another of its sound or shape; None if none fits."""
    table = _HOMOPHONES if by_sound else _GLYPHS
    places = [place for place in range(1, len(name)) if name[place] in table]
    if not places:
        return None
    place = random.choice(places)
    return name[:place] + random.choice(table[name[place]]) + name[place + 1 :]


def in_traditional(name: str) -> str | None:
    """The name in traditional characters; None if it has none that differ."""
    written = name.translate(TRADITIONAL)
    return written if written != name else None


def rare_characters(name: str) -> bool:
    """Whether a character of the name is missing from GBK."""
    return any(character in RARE_CHARACTERS for character in name)
