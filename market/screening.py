"""Which statements are believable: unit slips, jumps, mode mix-ups; a function of what was said and when, of nothing else.

A person's review wins over every rule. An amount that an independent family states too is never held (but a thing
that does not chat stays out of the chat rows: an equal amount says nothing about what is sold). What one rule holds is no
yardstick for the next.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence

from market.screening_alone import alone, ceiling, floor, oversized, sentinel
from market.screening_elsewhere import compared
from market.screening_market import apart, market_of
from market.screening_moves import outliers
from market.screening_names import seller
from market.screening_offers import cache_over_input, output_under_input, per_character, swapped
from market.screening_pages import judge_page
from market.screening_terms import Case, Hold, Line, Market, Rule, Stated, confirmed

__all__ = ["RULES", "Hold", "Market", "Stated", "apart", "judge", "judge_page", "market_of"]

RULES: tuple[Rule, ...] = (
    per_character,
    sentinel,
    ceiling,
    floor,
    oversized,
    compared,
    swapped,
    cache_over_input,
    outliers,
    output_under_input,
)
"""In this order: the surest first, since what they hold misleads the others no longer."""


def judge(group: Sequence[Stated], market: Market) -> dict[Hashable, Hold]:
    """What is held, by row, of all that every source ever said about one thing on sale (provider, model, plan, endpoint).

    Depends on the set of statements only, never on their order in `group`.
    """
    held: dict[Hashable, Hold] = {}
    series: dict[Line, list[Stated]] = defaultdict(list)
    for said in group:
        hold = alone(said)
        if hold is not None:
            held[said.row] = hold
        else:
            series[said.meter, said.condition].append(said)
    agreed = {
        line: confirmed((said.usd, said.family) for said in known) if len({said.family for said in known}) > 1 else set()
        for line, known in series.items()
    }
    case = Case(series, agreed, market, *seller(group[0].thing if group else ""))
    for rule in RULES:
        if found := {said.row: hold for said, hold in reversed(list(rule(case))) if not case.settled(said)}:
            held |= found
            for line, known in series.items():
                series[line] = [said for said in known if said.row not in found]
    return held
