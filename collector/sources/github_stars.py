"""GitHub: how many stars the repositories of authors of open models have."""

from collections.abc import Iterator
from typing import Any

from collector.formats import listed, number, table, text
from collector.source import Page, Source, Terms
from market.records import Adoption, Model, Record, UnknownKey

AUTHORS = ("deepseek-ai", "QwenLM", "meta-llama", "mistralai", "MoonshotAI", "zai-org", "MiniMax-AI", "openai", "xai-org", "allenai")


class GithubStars(Source):
    """How many stars the public repositories of authors of open models have.

    Source: the lists of repositories of their organizations on GitHub, page by page.
    Unit: stars, ever, as a count.
    Grain: a `Model` and a count per repository, which is code or a paper, not a model: no canonical name is claimed.
    Lists: the named organizations only; forks of others' work are left out.
    """

    name = "github_stars"
    start_urls = tuple(f"https://api.github.com/orgs/{author}/repos?per_page=100" for author in AUTHORS)
    cadence = "43 4 * * 1"
    lists_everything = False
    trust = 2
    terms = Terms("none stated; public figures of GitHub's interface", "Stars: GitHub (github.com)", "60 requests an hour without a key")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        for place, entry in enumerate(listed(page)):
            known: dict[str, Any] = table(entry)
            key, stars = text(known.get("full_name")), number(known.get("stargazers_count"))
            if key is None or stars is None:
                yield UnknownKey("a repository without a name or its stars", f"{page.url} [{place}]")
            elif not known.get("fork"):
                yield Model(key, name=text(known.get("name")), author=text(table(known.get("owner")).get("login")))
                yield Adoption(key, "stars", int(stars))
