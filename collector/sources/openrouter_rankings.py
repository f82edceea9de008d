"""OpenRouter's daily rankings: how many tokens of which model."""

from collections.abc import Iterator
from datetime import date

from collector.formats import listed, number, table, text
from collector.source import Page, Source, Terms
from market.errors import SourceChanged
from market.records import Adoption, Model, Record

REST = "other"


class OpenRouterRankings(Source):
    """How many tokens went through OpenRouter, day by day, for its fifty most used models and all others together.

    Source: the data set `rankings-daily` of OpenRouter's data interface, the last thirty days.
    Unit: tokens, prompt and completion together, as text; each model's counted by its own author's tokenizer.
    Grain: a count per day and dated name of a model; the row `other` is all the rest and no model.
    Lists: the fifty most used of each day; a model that is not named has not gone.

    Tokens of different tokenizers are not the same thing, so sums over several authors are rough.
    """

    name = "openrouter_rankings"
    start_urls = ("https://openrouter.ai/api/v1/datasets/rankings-daily",)
    cadence = "53 4 * * *"
    lists_everything = False
    trust = 2
    family = "openrouter"
    terms = Terms(
        "CC BY 4.0",
        "Source: OpenRouter (openrouter.ai/rankings), as of the day shown. Licensed under CC BY 4.0.",
        "30 requests a minute a key, 500 a day an account",
    )
    experimental = True
    key_variable = "OPENROUTER_API_KEY"

    def records(self, page: Page) -> Iterator[Record]:
        seen: set[str] = set()
        for row in listed(page):
            said = table(row)
            key, value = text(said.get("model_permaslug")), number(said.get("total_tokens"))
            if key is None or value is None or value < 0:
                raise SourceChanged(f"{page.url} has a row without a model or its tokens: {str(row)[:100]}")
            if key not in seen:
                seen.add(key)
                yield Model(key, author=None if key == REST else key.partition("/")[0])
            yield Adoption(key, "tokens", int(value), _day(page, said.get("date")))


def _day(page: Page, said: object) -> date:
    try:
        return date.fromisoformat(str(said)[:10])
    except ValueError:
        raise SourceChanged(f"{page.url} has a row of no day: {str(said)[:40]!r}") from None
