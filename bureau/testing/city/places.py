"""Where invented people live: Dalian's areas and towns as in the reference, in made-up villages."""

import csv
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bureau.testing.city.words import words

REFERENCE = Path(__file__).resolve().parents[2] / "core" / "reference" / "areas_dalian.csv"

#: County: (share of the city's people, share of its households in the rural scheme, yearly
#: contribution in yuan). Order is that in which the city is made.
COUNTIES: dict[str, tuple[float, float, int]] = {
    "210211": (0.097, 0.24, 250),
    "210212": (0.050, 0.72, 260),
    "210213": (0.137, 0.70, 280),
    "210214": (0.165, 0.92, 250),
    "210281": (0.186, 0.93, 250),
    "210283": (0.184, 0.94, 240),
    "210224": (0.026, 0.82, 250),
    "210291": (0.016, 1.00, 300),
    "210294": (0.012, 1.00, 250),
    "210202": (0.040, 0.0, 0),
    "210203": (0.033, 0.0, 0),
    "210204": (0.054, 0.0, 0),
}

#: Towns of the reference that are handled by a zone without a code of its own in GB/T 2260.
ZONE_TOWNS = {
    "210291": ("210211016", "210211021", "210212006"),
    "210294": ("210281009", "210281011"),
}

VILLAGE_STEMS = words(
    "王家 李家 张家 刘家 于家 孙家 姜家 曲家 赵家 陈家 高家 宋家 林家 吴家 韩家 邹家 迟家 初家 "
    "隋家 宫家 吕家 关家 佟家 杨家 徐家 郭家 毕家 苗家"
)
VILLAGE_ENDS = words("屯 沟 炉 店 房 甸 岭 堡 窑")
VILLAGE_NAMES = words(
    "红旗 胜利 东风 前进 光明 新华 友谊 太平 兴隆 新立 大盐 小河沿 石灰窑 杨树底 柳树 松树 榆树 "
    "樱桃园 老爷庙 关帝庙 正明寺 南关 北河 西山 后石 平岛 月牙湾 渔港 盐场 海头 砬子山 腰岭 黄旗 "
    "蓝旗 白旗 大房身 四道沟 十字街 泉眼 苇塘 桃园 龙泉 三合 石门 大沟"
)


@dataclass(slots=True)
class Town:
    """A town or street with its villages; `code` has nine digits, the county's own prefix first."""

    code: str
    name: str
    villages: list[str] = field(default_factory=list)


@dataclass(slots=True)
class County:
    """A county, district or zone: an NCMS pooling area where `rural_share` is above nought."""

    code: str
    name: str
    share: float
    rural_share: float
    contribution: int
    towns: list[Town]


@cache
def _villages(town: str, start: int) -> tuple[str, ...]:
    """Names of a dozen villages, the first named after the town as is usual."""
    stem = town
    for end in ("街道", "满族乡", "镇", "乡"):
        stem = stem.removesuffix(end)
    names = [f"{stem}村"]
    for number in range(start, start + 11):
        if number % 2:
            names.append(f"{VILLAGE_NAMES[number * 7 % len(VILLAGE_NAMES)]}村")
        else:
            family = VILLAGE_STEMS[number * 5 % len(VILLAGE_STEMS)]
            names.append(f"{family}{VILLAGE_ENDS[number // 2 % len(VILLAGE_ENDS)]}村")
    return tuple(dict.fromkeys(names))


def counties() -> list[County]:
    """Dalian's twelve counties, districts and zones with their towns, in the order of making."""
    with REFERENCE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    names = {row["code"]: row["name"] for row in rows}
    in_a_zone = {code for codes in ZONE_TOWNS.values() for code in codes[:2]}
    made = []
    for code, (share, rural, contribution) in COUNTIES.items():
        if code in ZONE_TOWNS:
            codes: list[str] = list(ZONE_TOWNS[code])
        else:
            codes = [
                row["code"]
                for row in rows
                if row["parent_code"] == code and row["code"] not in in_a_zone
            ]
        towns = [
            Town(code + town[6:], names[town], list(_villages(names[town], int(town) % 997)))
            for town in codes
        ]
        made.append(County(code, names[code], share, rural, contribution, towns))
    return made
