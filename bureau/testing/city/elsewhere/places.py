"""Counties that are not Dalian's, with their towns and made-up villages."""

from bureau.testing.city.places import VILLAGE_ENDS, VILLAGE_NAMES, VILLAGE_STEMS, County, Town
from bureau.testing.city.words import words

#: Code, name, yearly contribution, towns.
COUNTIES = (
    ("341221", "临泉县", 250, "城关街道 瓦店镇 杨桥镇 鲖城镇"),
    ("411525", "固始县", 220, "陈淋子镇 黎集镇 蒋集镇"),
    ("371721", "曹县", 250, "庄寨镇 普连集镇 青堌集镇 桃源集镇"),
    ("511021", "安岳县", 220, "石羊镇 龙台镇 李家镇"),
    ("520222", "盘县", 220, "红果镇 柏果镇 响水镇"),
    ("530381", "宣威市", 250, "格宜镇 田坝镇 羊场镇"),
    ("610322", "凤翔县", 240, "虢王镇 彪角镇 横水镇"),
    ("321322", "沭阳县", 260, "陇集镇 胡集镇 钱集镇"),
    ("360730", "宁都县", 250, "梅江镇 青塘镇 长胜镇"),
)


def counties() -> list[County]:
    """The counties, each with as many people as the others, most of them in the rural scheme."""
    made = []
    for code, name, contribution, towns in COUNTIES:
        made_towns = [
            Town(f"{code}{number:03d}", town, _villages(int(code) + 5 * number))
            for number, town in enumerate(words(towns), 100)
        ]
        made.append(County(code, name, 1 / len(COUNTIES), 0.9, contribution, made_towns))
    return made


def _villages(start: int) -> list[str]:
    names = [f"{VILLAGE_NAMES[(start + 3 * n) % len(VILLAGE_NAMES)]}村" for n in range(4)]
    stem = VILLAGE_STEMS[start % len(VILLAGE_STEMS)]
    return list(dict.fromkeys([*names, f"{stem}{VILLAGE_ENDS[start % len(VILLAGE_ENDS)]}村"]))
