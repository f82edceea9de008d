"""What the rules of screening have in common: a statement, a verdict, the market's yardsticks, and how amounts are compared and told.

A ratio is always the larger amount over the smaller; zero is never compared by ratio.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median_low

SAME = Decimal("0.01")
"""Two amounts at most this share apart are one and the same."""

CEILING = 5
"""A price this many times the ceiling of its meter is not believed."""

FLOOR = 1000
"""Nor is one this many times under the meter's typical price."""

THIN = 20
"""The one is this many times higher for a meter that few price, the other lower for characters, which are read out or merely read."""

FAR = 10
"""More than this many times is too far for a move of one source, for two sources of one time, and for input over output."""

NEAR = 5
"""A price at most this many times from what the model costs at the median provider is not compared any further."""

CHAT = frozenset({"chat", "completion", "responses"})
TEXT = frozenset({
    "input_mtok", "output_mtok", "output_reasoning_mtok", "cache_read_mtok",
    "cache_write_mtok", "cache_write_1h_mtok", "cache_write_12h_mtok",
})  # fmt: skip

_NEVER = datetime.max.replace(tzinfo=UTC)
_OTHERS = 3
"""A model is compared with what it costs elsewhere where so many other providers sell it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why something is not believed: the rule's short name, and one plain sentence with the numbers."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement as screening sees it; withdrawals are not passed.

    Attributes:
        row: the caller's handle for it.
        offer: the source's own offer; input and output of one offer share it.
        family: sources of one family copy each other and count once; another family is independent.
        trust: 1 (best) to 4.
        usd: USD per the meter's unit.
        gone_at: until when this source said so, None where it still does.
        mode: chat, embedding, image, … as the source says.
        model_key: as the source spells it.
        decision: `accept` or `reject` from a person's review.
        thing: what is on sale, as market.identity spells it.
    """

    row: Hashable
    offer: Hashable
    family: str
    trust: int
    meter: str
    condition: str | None
    usd: Decimal
    seen_at: datetime
    gone_at: datetime | None = None
    stated_from: datetime | None = None
    mode: str | None = None
    model_key: str = ""
    decision: str | None = None
    thing: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the providers of one model ask of one meter, USD per its unit.

    Attributes:
        near: within these bounds a price is not compared any further, `NEAR` times from the median over providers.
        by_provider: every amount that sources give for a provider.
    """

    near: tuple[Decimal, Decimal]
    by_provider: Mapping[str, tuple[Decimal, ...]]


@dataclass(frozen=True, slots=True)
class Market:
    """What is known of the whole market, in USD per the meter's unit.

    Attributes:
        ceilings: by meter, the highest price that two independent families confirm; a meter with too little evidence has none.
        typical: by meter, the median positive price.
        thin: meters that few price.
        elsewhere: by a model's shared name and meter, what its providers ask for the standard plan.
        limits: by meter, below the first and from the second on no amount is believed without confirmation.
    """

    ceilings: Mapping[str, Decimal]
    typical: Mapping[str, Decimal]
    thin: frozenset[str] = frozenset()
    elsewhere: Mapping[tuple[str, str], Asked] = field(default_factory=dict)

    limits: Mapping[str, tuple[Decimal, Decimal]] = field(init=False)

    def __post_init__(self) -> None:
        """Works out the limits."""
        limits = {meter: self._limits(meter) for meter in self.typical.keys() | self.ceilings.keys()}
        object.__setattr__(self, "limits", limits)

    def _limits(self, meter: str) -> tuple[Decimal, Decimal]:
        top = self.ceilings.get(meter, Decimal("Infinity"))
        lower = FLOOR * THIN if meter.endswith("_mchars") else FLOOR
        return self.typical.get(meter, Decimal(0)) / lower, CEILING * (THIN if meter in self.thin else 1) * top


Line = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule sees: what every source said of one thing on sale and is not held so far, by meter and condition.

    Attributes:
        agreed: amounts that two families state, with the family, by line.
        provider: who sells the thing.
        plan: under which plan.
        name: the name under which other providers sell the same model.
    """

    series: Mapping[Line, list[Stated]]
    agreed: Mapping[Line, set[tuple[Decimal, str]]]
    market: Market
    provider: str
    plan: str
    name: str

    def others(self, meter: str) -> dict[str, Decimal]:
        """What other providers of this model ask of a meter, one amount each; nothing where they are few."""
        asked = self.market.elsewhere.get((self.name, meter))
        if asked is None:
            return {}
        found = {provider: median_low(known) for provider, known in asked.by_provider.items() if provider != self.provider}
        return found if len(found) >= _OTHERS else {}

    def settled(self, said: Stated) -> bool:
        """Whether a person or an independent family stands by the amount."""
        return said.decision == "accept" or (said.usd, said.family) in self.agreed[said.meter, said.condition]

    def oddness(self, said: Stated) -> float:
        """Decades between an amount and the typical one of its model elsewhere, or else of its meter."""
        asked = self.others(said.meter) if said.condition is None else {}
        typical = median_low(asked.values()) if asked else self.market.typical.get(said.meter)
        return abs(math.log10(said.usd / typical)) if typical else 0.0


Found = Iterator[tuple[Stated, Hold]]
Rule = Callable[[Case], Found]


def same(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts are equal within `SAME`."""
    return abs(one - other) <= SAME * max(one, other)


def ratio(one: Decimal, other: Decimal) -> Decimal:
    """How many times the larger of two positive amounts is the smaller."""
    return max(one, other) / min(one, other)


def plain(amount: Decimal) -> str:
    """An amount to be read: six significant digits, no exponent, thousands set apart."""
    rounded = Decimal(f"{amount:.6g}")
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price(said: Stated) -> str:
    """`input_mtok of 0.5 USD`."""
    return f"{said.meter} of {plain(said.usd)} USD"


def times(one: Decimal, other: Decimal) -> str:
    """`64 times`, or `1/64 of`, without the following amount."""
    factor = plain(ratio(one, other))
    return f"{factor} times" if one > other else f"1/{factor} of"


def when(said: Stated) -> tuple[datetime, datetime, Decimal, str, int, datetime]:
    """The order of statements in time, complete but for those that are alike in every way that counts."""
    return said.seen_at, said.stated_from or said.seen_at, said.usd, said.family, said.trust, said.gone_at or _NEVER


def confirmed(known: Iterable[tuple[Decimal, str]]) -> set[tuple[Decimal, str]]:
    """Those of `(usd, family)` for which another family states the same amount."""
    lines = sorted(set(known))
    found: set[tuple[Decimal, str]] = set()
    for place, (usd, family) in enumerate(lines):
        for higher, other in lines[place + 1 :]:
            if not same(usd, higher):
                break
            if other != family:
                found |= {(usd, family), (higher, other)}
    return found


def beside(one: Stated, other: Stated) -> bool:
    """Whether two statements stand at the same time."""
    return (one.gone_at is None or one.gone_at > other.seen_at) and (other.gone_at is None or other.gone_at > one.seen_at)


def together(ones: Iterable[Stated], others: Iterable[Stated]) -> Iterator[tuple[Stated, Stated]]:
    """Positive statements of two lines that one offer makes at the same time, about the same time."""
    marked = [(when(said), side, said) for side, known in enumerate((ones, others)) for said in known if said.usd > 0]
    standing: dict[Hashable, list[tuple[int, Stated]]] = {}
    for _, side, said in sorted(marked, key=lambda mark: mark[:2]):
        key = said.offer, said.stated_from
        still = [(far, other) for far, other in standing.get(key, ()) if other.gone_at is None or other.gone_at > said.seen_at]
        for far, other in still:
            if far != side:
                yield (other, said) if side else (said, other)
        standing[key] = [*still, (side, said)]
