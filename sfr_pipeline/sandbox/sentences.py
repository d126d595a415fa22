"""A small grammar of Chinese forum talk: sentences whose intended tone is known.

Clauses of a tone are put together from a vocabulary, with the fillers, stretched words and emotes
of a forum around them. Some sentences turn halfway, some mean the opposite of their words, some
say nothing at all: no reader gets all of them right, and neither does the classifier.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np

Tone = Literal["positive", "negative", "neutral"]
LONGEST, SHORTEST = 120, 4


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MARKETS = _words(
    "大盘 指数 沪指 创业板 科创板 银行股 券商股 保险股 地产股 航运股 钢铁股 芯片股 医药股 食品股 "
    "权重股 题材股 小盘股 蓝筹股 龙头股 股价 个股 板块"
)
FIRMS = _words("公司 这家公司 铜山银行 灯笼银行 高塔地产 雪松食品 彗星芯片 海港航运 花岗钢铁")
PEOPLE = _words("主力 机构 外资 游资 散户 庄家 大股东 国家队 基金 北向资金")
WHEN = _words("今天 早盘 午后 尾盘 明天 下周 这周 开盘 昨天 本月 年底 节后 盘中 这两天")
INDICATOR = _words("业绩 净利润 营收 订单 利润 销量 毛利 盈利")
DEGREE = ("大幅", "明显", "持续", "小幅", "快速", "显著", "同比大幅", "同比", "超预期", "继续")
NUMBERS = ("一成", "两成", "三成", "五成", "一倍", "8%", "12%", "20%", "35%", "60%")

RISE = _words(
    "大涨 上涨 反弹 强势反弹 拉升 放量上攻 创新高 突破压力位 涨停 走高 企稳回升 量价齐升 翻红 "
    "上攻 走强 起飞 冲高 逼空 高开高走 稳步上行"
)
FALL = _words(
    "大跌 下跌 跳水 暴跌 破位下行 创新低 跌停 走低 阴跌不止 放量下跌 翻绿 崩盘 走弱 闪崩 "
    "跌穿支撑 杀跌 低开低走 一泻千里 砸盘 回落"
)
GROW = ("增长", "上升", "回升", "提高", "改善", "创新高", "翻番")
SHRINK = ("下滑", "下降", "减少", "萎缩", "恶化", "腰斩", "变脸")
GOOD_NEWS = _words(
    "重大利好 利好消息 中标大单 分红方案 回购计划 增持公告 政策扶持 降准 订单饱满 "
    "扭亏为盈 业绩预增 资金流入"
)
BAD_NEWS = _words(
    "重大利空 利空消息 债务违约 立案调查 减持公告 商誉减值 业绩预亏 监管处罚 "
    "资金出逃 亏损扩大 业绩爆雷 亏损严重 违约风险"
)
HOPE = _words(
    "加仓 满仓干 抄底 继续持有 看好后市 牛市来了 吃肉了 回本了 赚麻了 拿住别动 稳了 冲冲冲 涨涨涨 "
    "上车 信心十足 未来可期 坚定看多 大赚一笔 好日子来了 值得拥有"
)
FEAR = _words(
    "减仓 清仓 割肉 割肉走人 看空后市 熊市来了 吃面了 套牢了 亏麻了 快跑 完了 跌跌跌 没救了 "
    "下车 心态崩了 血本无归 坚决看空 亏损惨重 苦日子来了 别再接盘"
)
TALK = _words(
    "观望 横盘 震荡整理 等消息 打卡 新人报到 求分析 做个记录 路过看看 数据如下 仅供参考 整理笔记 "
    "先看看再说 等公告 不操作 学习了 转发一下 持币 空仓等待 随便聊聊"
)
EVENTS = _words(
    "召开股东大会 发布公告 披露季报 更换审计机构 举行业绩说明会 变更注册地址 停牌一天 公布成交数据 "
    "发布问询回复 完成工商登记 调整指数样本 公布融资余额"
)
QUESTIONS = (
    "有人知道{event}的时间吗", "{when}几点公布数据", "{market}怎么看", "请问{firm}在哪个城市",
    "手续费是多少", "{market}的成分股有哪些", "{when}开市吗", "怎么查历史数据",
)  # fmt: skip

VAGUE = (
    "这走势，无语", "呵呵，懂的都懂", "又来这一套", "真行啊", "我就静静看着", "大家自己体会",
    "{people}的心思你别猜", "{when}见分晓", "果然不出所料", "什么都不想说了", "就这？", "意料之中",
)  # fmt: skip

OPENERS = (
    "说实话，", "兄弟们，", "我觉得", "刚看了一眼，", "家人们，", "老股民说一句，", "不吹不黑，",
    "各位，", "个人看法：", "收盘总结：", "话说", "看来", "感觉",
)  # fmt: skip
GLAD = ("哈哈", "！！", "[大笑]", "[鼓掌]", "666", "[胜利]", "，开心")
SAD = ("唉", "……", "[大哭]", "[怒]", "呜呜", "[流泪]", "，心累")
PLAIN = ("。", "", "", "~", "[微笑]", "。。", "！", "？", "吧", "啊")

POSITIVE = (
    "{when}{market}{rise}", "{market}{rise}了", "{market}要{rise}", "{people}{when}{hope}",
    "{firm}{figure}{degree}{grow}", "{figure}同比{grow}{number}", "{firm}有{good}",
    "{good}，{hope}", "{when}继续{rise}", "{good}，{market}{rise}",
    "{hope}，{market}{rise}", "{people}进场，{hope}", "{market}还会继续{rise}", "{good}来了",
    "{market}跌不动了，{hope}", "利空出尽，{hope}", "{people}在吸筹", "{hope}",
    "{market}{rise}，{hope}", "{market}{rise}，{figure}{grow}",
)  # fmt: skip
NEGATIVE = (
    "{when}{market}{fall}", "{market}{fall}了", "{market}要{fall}", "{people}{when}{fear}",
    "{firm}{figure}{degree}{shrink}", "{figure}同比{shrink}{number}", "{firm}有{bad}",
    "{bad}，{fear}", "{when}继续{fall}", "{bad}，{market}{fall}",
    "{fear}，{market}{fall}", "{people}出货，{fear}", "{market}还会继续{fall}", "{bad}来了",
    "{market}涨不动了，{fear}", "利好出尽，{fear}", "{people}在砸盘", "{fear}",
    "{market}{fall}，{fear}", "{market}{fall}，{figure}{shrink}",
)  # fmt: skip
NEUTRAL = (
    "{firm}{when}{event}", "{when}{talk}", "{market}{talk}", "{talk}", "{people}{talk}",
    "公告：{firm}{event}", "{market}成交额{digits}亿", "{when}{market}平盘报收", "{question}",
    "{when}{market}横盘震荡", "{talk}，{question}",
)  # fmt: skip
TURNED_POSITIVE = (
    "虽然{market}{fall}，但是{hope}", "别人都说{fear}，我偏要{hope}", "{fall}就是上车机会",
    "{bad}是假的，{market}照样{rise}", "{market}不会{fall}的，放心", "{fall}之后必有{rise}",
)  # fmt: skip
TURNED_NEGATIVE = (
    "虽然{market}{rise}，但是{fear}", "别人都说{hope}，我只想{fear}", "{rise}就是出货机会",
    "{good}是假的，{market}照样{fall}", "别指望{market}{rise}了", "真是太好了，又{fall}了",
)  # fmt: skip

CLAUSES: dict[Tone, Sequence[str]] = {
    "positive": POSITIVE,
    "negative": NEGATIVE,
    "neutral": NEUTRAL,
}
TURNED: dict[Tone, Sequence[str]] = {
    "positive": TURNED_POSITIVE,
    "negative": TURNED_NEGATIVE,
    "neutral": NEUTRAL,
}
EMOTES: dict[Tone, Sequence[str]] = {"positive": GLAD, "negative": SAD, "neutral": PLAIN}
SLOTS: dict[str, Sequence[str]] = {
    "market": MARKETS, "firm": FIRMS, "people": PEOPLE, "when": WHEN, "figure": INDICATOR,
    "degree": DEGREE, "number": NUMBERS, "rise": RISE, "fall": FALL, "grow": GROW,
    "shrink": SHRINK, "good": GOOD_NEWS, "bad": BAD_NEWS, "hope": HOPE, "fear": FEAR,
    "talk": TALK, "event": EVENTS, "question": QUESTIONS,
    "digits": [str(number) for number in range(2100, 12000, 37)],
}  # fmt: skip

# Of all sentences: those that say nothing, those that turn, those with a filler or an emote.
VAGUE_SHARE, TURNED_SHARE, OPENER_SHARE, EMOTE_SHARE = 0.04, 0.08, 0.3, 0.35
CLAUSES_OF_A_POST, CLAUSE_SHARES = (1, 2, 3, 5, 8), (0.42, 0.3, 0.14, 0.09, 0.05)


class Writer:
    """Writes sentences, always the same for the same generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        # Uniform numbers by the thousand: one at a time costs more than all the rest.
        self._draw = _uniform(rng)

    def post(self, tone: Tone) -> str:
        """Write a post meant in the given tone, `SHORTEST` to `LONGEST` characters."""
        vague = self._draw() < VAGUE_SHARE
        text = self._filled(self._one(VAGUE)) if vague else self._several(tone)
        if self._draw() < OPENER_SHARE:
            text = self._one(OPENERS) + text
        emotes = EMOTES[tone] if self._draw() < EMOTE_SHARE else PLAIN
        text = (text + self._one(emotes))[:LONGEST]
        return text if len(text) >= SHORTEST else text + self._one(("哦哦哦", "啊啊啊", "。。。"))

    def _several(self, tone: Tone) -> str:
        count = CLAUSES_OF_A_POST[self._index(CLAUSE_SHARES)]
        clauses = []
        for number in range(count):
            source = TURNED if self._draw() < TURNED_SHARE else CLAUSES
            # In a longer post, one or the other clause is talk beside the point.
            of = tone if number == 0 or self._draw() < 0.75 else "neutral"
            clauses.append(self._filled(self._one(source[of])))
        return "，".join(clauses)

    def _filled(self, template: str) -> str:
        while "{" in template:
            before, _, rest = template.partition("{")
            slot, _, after = rest.partition("}")
            template = before + self._one(SLOTS[slot]) + after
        return template

    def _one(self, choices: Sequence[str]) -> str:
        return choices[int(self._draw() * len(choices))]

    def _index(self, shares: Sequence[float]) -> int:
        rest = self._draw()
        for index, share in enumerate(shares[:-1]):
            rest -= share
            if rest < 0:
                return index
        return len(shares) - 1


def _uniform(rng: np.random.Generator) -> Callable[[], float]:
    def numbers() -> Iterator[float]:
        while True:
            yield from rng.random(4096).tolist()

    return numbers().__next__


def characters() -> list[str]:
    """All characters that sentences can hold, in order: the classifier's vocabulary."""
    templates = (*POSITIVE, *NEGATIVE, *NEUTRAL, *TURNED_POSITIVE, *TURNED_NEGATIVE, *VAGUE)
    words = [word for choices in SLOTS.values() for word in choices]
    rest = (*OPENERS, *GLAD, *SAD, *PLAIN, "哦啊")
    return sorted(set("".join((*templates, *words, *rest))))
