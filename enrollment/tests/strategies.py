"""Hypothesis strategies for identity numbers, names and dates, valid and nearly so."""

import string
from datetime import date

from hypothesis import strategies as st

from enrollment.rules.identity import PROVINCES, check_character

births = st.dates(date(1900, 1, 1), date(2024, 12, 31))
areas = st.builds(
    lambda province, rest: f"{province}{rest:04}",
    st.sampled_from(sorted(PROVINCES)),
    st.integers(0, 9999),
)


def _number(area: str, birth: date, sequence: int) -> str:
    first17 = f"{area}{birth:%Y%m%d}{sequence:03}"
    return first17 + check_character(first17)


valid_numbers = st.builds(_number, areas, births, st.integers(0, 999))
old_numbers = st.builds(
    lambda area, birth, sequence: f"{area}{birth:%y%m%d}{sequence:03}",
    areas,
    st.dates(date(1900, 1, 1), date(1999, 12, 31)),
    st.integers(0, 995),
)


@st.composite
def damaged_numbers(draw: st.DrawFn) -> str:
    """A number with one place changed, or two neighbours swapped, dropped or doubled."""
    number = draw(st.one_of(valid_numbers, old_numbers))
    place = draw(st.integers(0, len(number) - 2))
    match draw(st.integers(0, 4)):
        case 0:
            return number[:place] + draw(st.sampled_from(string.digits)) + number[place + 1 :]
        case 1:
            return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        case 2:
            return number[:place] + number[place + 1 :]
        case 3:
            return number[:place] + number[place] + number[place:]
        case _:
            return number[:-3] + "000"


NOISE = (
    " \u3000\u00a0\t\n\r\x1c\x85\u2009\u200b\u200d\ufeff\u202e\u00ad\x00'\"‘’“”`´=-–—_&#·.:：xX×хＸ"
    "*身份证号Ee+,，年月日/"
)
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in string.digits + "Xx"}


@st.composite
def written_numbers(draw: st.DrawFn) -> str:
    """What may stand in a number's cell: numbers with noise, in other widths, words, anything."""
    text = draw(
        st.one_of(
            valid_numbers,
            old_numbers,
            damaged_numbers(),
            st.sampled_from(
                ["无", "待补", "新生儿", "未落户", "2.10211E+17", "210221194712305152.0", "-", "",
                 "G12345678", "13812345678", "210211********0015", "军字第123号", "H12345678"]
            ),
            st.text(alphabet=NOISE + string.digits, max_size=20),
        )
    )  # fmt: skip
    if draw(st.booleans()):
        text = text.lower()
    if draw(st.integers(0, 4)) == 0:
        text = text.translate(WIDE)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(NOISE)) + text[place:]
    return text


@st.composite
def written_dates(draw: st.DrawFn) -> str:
    """A date in one of many forms, sometimes one that does not exist, sometimes no date."""
    year = draw(st.integers(1890, 2030))
    month, day = draw(st.integers(0, 13)), draw(st.integers(0, 32))
    form = draw(
        st.sampled_from(
            ["{y}-{m:02}-{d:02}", "{y}-{m}-{d}", "{y}/{m}/{d}", "{y}.{m}.{d}", "{y}年{m}月{d}日",
             "{y}{m:02}{d:02}", "{y}-{m:02}-{d:02} 00:00:00", "{s:02}.{m}.{d}", "{d}/{m}/{y}",
             "{y}年{m}月", "{y}", " {y}/{m}/{d} ", "{y} 年{m}月{d}日", "{n}", "{n}.0", "{y}{m}{d}",
             "无", "", "不详{y}", "{y}-{m}", "{y}/{m}.{d}", "{y}年{m}月{d}"]
        )
    )  # fmt: skip
    return form.format(y=year, m=month, d=day, s=year % 100, n=draw(st.integers(1, 80000)))


name_characters = st.one_of(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    st.sampled_from("劉張國諾㻬𫖯〇·•．. ?？□○\ue863\ufffd\u200b\u3000\n()（）故aZ1*'\"=死亡"),
)
written_names = st.one_of(
    st.text(alphabet=name_characters, max_size=8),
    st.sampled_from(["无", "不详", "死亡", "王 丽", "John Smith", '="李四"', "阿卜杜拉•买买提"]),
)
