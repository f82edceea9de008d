"""How fast usages are costed, beside genai-prices' own calculation of the same usages; answers must be equal.

    PYTHONPATH=tests .venv/bin/python benchmarks/cost.py [NUMBER]

Everything happens in memory: our side reads the package's table through the source file and bills from sheets, as
`modelmarket cost --batch` does once an offer's history is read.
"""

import sys
import time
from collections import defaultdict
from datetime import UTC, datetime

from genai_prices import Usage as TheirUsage
from genai_usages import Case, cases

from collector.sources.genai_prices import GenaiPrices
from market.cost import Price
from market.identity import provider_id
from market.records import Offer, Quote
from market.tariff import Offered, Span, Tariff
from market.workload import Usage

ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Key = tuple[str, str, str]


def offers() -> dict[Key, Offered]:
    """Every offer in the package's table, by provider, model and plan."""
    source = GenaiPrices()
    spans: dict[Key, list[Span]] = defaultdict(list)
    for record in source.records(source.installed()):
        key = (record.provider, record.model_key, record.plan) if isinstance(record, Offer | Quote) else None
        if isinstance(record, Offer) and key:
            spans[key] = []
        elif isinstance(record, Quote) and key and record.usd is not None:
            price = Price(record.meter, record.condition, record.usd, {})
            spans[key].append(Span(price, record.stated_from or ALWAYS[0], record.stated_to or ALWAYS[1], 0))
    tariffs = {key: Tariff(known, [span for span in known if span.price.condition is None]) for key, known in spans.items()}
    standard = {key[:2]: tariff for key, tariff in tariffs.items() if key[2] == "standard"}
    return {key: Offered(tariff, standard[key[:2]], key[2], provider_id(key[0]), key[1]) for key, tariff in tariffs.items()}


def main(number: int) -> None:
    """Costs the same usages both ways, the faster of three rounds each, and prints the ratio."""
    wanted = list(cases(number, seed=4))
    known = offers()

    def ours(case: Case) -> object:
        offered = known[case.provider.id, case.model.id, case.plan]
        return offered.sheet(case.at).bill(Usage.of(case.usage), case.at, case.choices).usd

    def theirs(case: Case) -> object:
        asked = TheirUsage(**case.usage)
        return case.model.calc_price(asked, case.provider, genai_request_timestamp=case.at, price_context=case.context).total_price

    took = {}
    for name, side in (("ours", ours), ("genai-prices", theirs)):
        rounds = []
        for _ in range(3):
            began = time.perf_counter()
            answers = [side(case) for case in wanted]
            rounds.append(time.perf_counter() - began)
        took[name] = (min(rounds), answers)
    differ = sum(one != other for one, other in zip(took["ours"][1], took["genai-prices"][1], strict=True))
    for name, (seconds, _) in took.items():
        print(f"{name:14} {1e6 * seconds / len(wanted):8.1f} µs a usage")
    print(
        f"{len(wanted):,} usages, {differ} answers differ, ours takes {took['ours'][0] / took['genai-prices'][0]:.2f} of the package's time"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
