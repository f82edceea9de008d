"""Price floors of groups that go by what a name stands for: open and closed, families, licenses, models as good as a well-known one.

Who belongs goes by names as they are resolved at the end of a run.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import psycopg

from db import floors
from db.floors import Asks, Grouped, Series

# As good as the best result of the model named; where it has none on record nothing is.
GOOD = """
select s.model from market.score as s
where s.benchmark = %(b)s and s.model is not null and s.model not like '%%-latest'
group by s.model
having max(s.value) >= (select max(t.value) from market.score as t where t.benchmark = %(b)s and t.model = %(m)s)
"""
LICENSED = """
select a.model, min(l.effective_class)
from ledger.model_license as l inner join ledger.alias as a on a.provider_id = '' and a.name = l.model and a.model is not null
where l.effective_class not in ('unknown', 'none')
group by a.model having count(distinct l.effective_class) = 1
"""
# Closed is what is reviewed to be so; open is what any source calls so under any of its names. That a source calls it closed is no proof.
OPENED = """
select n.called, false from (select m.model as called from ledger.model as m where not m.open_weights) as n
union all
select coalesce(m.resolved_model, m.model), true
from market.model as m left join ledger.model as r on r.model = coalesce(m.resolved_model, m.model)
where m.open_weights and r.open_weights is not false
"""


@dataclass(frozen=True, slots=True)
class Group:
    """A series of floors and the things that compete in it."""

    series: Series
    things: frozenset[str]

    def mark(self) -> str:
        """A fingerprint of who competes, and in what."""
        return hashlib.sha256(repr((floors.metered(self.series), sorted(self.things))).encode()).hexdigest()[:16]


def groups(connection: psycopg.Connection) -> list[Group]:
    """The groups of all files, as names, licenses and scores stand now."""
    known = [one for one in floors.series() if one.grouped]
    called = connection.execute("select thing, model from ledger.called").fetchall() if known else []
    of_model: dict[str, list[str]] = defaultdict(list)
    for thing, model in called:
        of_model[model].append(thing)
    weighed = any(one.grouped and one.grouped.weights for one in known)
    opened: dict[str, bool] = dict(connection.execute(OPENED).fetchall()) if weighed else {}
    found = []
    for one in known:
        weights = one.grouped and one.grouped.weights
        for name, belongs in _tests(connection, one):
            says = f"{one.says} {name.partition(':')[2]}".strip()
            mine = (model for model in of_model if belongs(model) and (not weights or opened.get(model) is (weights == "open")))
            things = frozenset(thing for model in mine for thing in of_model[model])
            found.append(Group(replace(one, name=name, says=says), things))
    return found


def _tests(connection: psycopg.Connection, one: Series) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """The name of each group of a series, and whether a model belongs."""
    rule = one.grouped or Grouped()
    if rule.per == "license_class":
        of: dict[str, str] = dict(connection.execute(LICENSED).fetchall())
        for kind in sorted(set(of.values())):
            yield f"{one.name}:{kind}", lambda model, kind=kind: of.get(model) == kind  # type: ignore[misc]
    elif rule.per == "family":
        for family in rule.families:
            nearer = [other for other in rule.families if other != family and other.startswith(f"{family}-")]
            narrow = replace(rule, families=(family,))
            yield (
                f"{one.name}:{family}",
                lambda model, narrow=narrow, nearer=nearer: named(narrow, model) and not any(_begins(model, other) for other in nearer),  # type: ignore[misc]
            )
    elif rule.as_good_as:
        rows = connection.execute(GOOD, {"b": rule.benchmark, "m": rule.as_good_as}).fetchall()
        good = {model for (model,) in rows}
        yield one.name, lambda model: model in good and named(rule, model)
    else:
        yield one.name, lambda model: named(rule, model)


def named(rule: Grouped, model: str) -> bool:
    """Whether a model's name begins and is made up as a rule wants it."""
    words = _words(model)
    begins = not rule.families or any(_begins(model, family) for family in rule.families)
    return begins and (not rule.words or bool(words & set(rule.words))) and not words & set(rule.without)


@cache
def _words(model: str) -> frozenset[str]:
    return frozenset(re.split(r"[-._:/ ]", model.partition("/")[2]))


def _begins(model: str, family: str) -> bool:
    slug = model.partition("/")[2]
    return slug.startswith(family) and not slug[len(family) : len(family) + 1].isalpha()


def chosen(group: Group, asks: Asks) -> Asks:
    """The asks that compete in a group."""
    return Asks({meter: [ask for ask in asks[meter] if ask.thing in group.things] for meter in group.series.meters})
