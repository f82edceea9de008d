"""Schema `ledger`: what was said, by whom, seen when. Nobody but db.ledger touches these tables.

Three pairs of tables work alike. The first holds every change and is only inserted into; the second, small,
is where it stands now: `statement` and `standing` (prices), `listing` and `listed` (offers and their terms),
`card` and `carded` (models). A row with a NULL value says that its source stopped saying it.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "ledger"
NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
metadata = MetaData(schema=SCHEMA, naming_convention=NAMES)
_AT = DateTime(timezone=True)


def _id(kind: type = Integer) -> Column[int]:
    return Column("id", kind, Identity(always=True), primary_key=True, comment="Number of the row.")


def _to(table: str, column: str, comment: str, *, nullable: bool = False) -> Column[int]:
    return Column(column, ForeignKey(f"{SCHEMA}.{table}.id"), nullable=nullable, comment=comment)


source = Table(
    "source",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True, comment="Name of the file in collector/sources."),
    Column("trust", SmallInteger, nullable=False, comment="1 the provider's page, 2 its API, 3 a marketplace, 4 a tracker."),
    Column("family", Text, nullable=False, comment="Sources of one family copy each other and count as one."),
    Column("lists_everything", Boolean, nullable=False, comment="What a complete page does not name is withdrawn."),
    Column("cadence", Text, nullable=False, comment="Cron expression in UTC."),
    Column("expected_every", Interval, nullable=False, comment="Longest time between two rings of the cadence."),
    Column("fail_after", Interval, nullable=False, comment="Age of the last success at which the source counts as failed."),
    Column("experimental", Boolean, nullable=False, comment="No page of it has been recorded yet."),
    Column(
        "stale", Boolean, nullable=False, server_default=text("false"), comment="Whether it counted as failed when beliefs were last made."
    ),
    Column("license", Text, nullable=False, comment="License of the source's data."),
    Column("attribution", Text, nullable=False, comment="The attribution line its terms ask for."),
    Column("rate_limit", Text, nullable=False, comment="Its stated rate limit, in words."),
    comment="One row per source file, written from the code by every run.",
)

run = Table(
    "run",
    metadata,
    _id(),
    _to("source", "source_id", "The source collected."),
    Column("scheduled_for", _AT, comment="Tick of the clock it answers; NULL when a person asked."),
    Column("started_at", _AT, nullable=False, comment="When the crawl began."),
    Column("finished_at", _AT, comment="When its outcome was known; NULL while it runs."),
    Column("outcome", Text, comment="complete, unchanged, partial, failed, quarantined, skipped or aborted."),
    Column("reason", Text, comment="One plain sentence where the outcome is not complete."),
    Column("pages", Integer, comment="Pages answered, unchanged ones included."),
    Column("records", Integer, comment="Records read from the pages."),
    Column("quotes", Integer, comment="Price statements written."),
    Column("withdrawn", Integer, comment="Price statements withdrawn."),
    Column("quarantined", Integer, comment="Price statements that this run made to be held."),
    Column("unknown_keys", JSONB, comment="Names of price keys that the source file does not map."),
    Column("seconds", Numeric, comment="Wall time of the crawl, seconds."),
    UniqueConstraint("source_id", "scheduled_for"),
    Index(None, "source_id", "started_at"),
    comment="One row per attempt to collect a source.",
)

page = Table(
    "page",
    metadata,
    Column("sha256", LargeBinary, primary_key=True, comment="SHA-256 of the bytes as they came, 32 bytes."),
    Column("size", Integer, nullable=False, comment="Length of the bytes as they came, bytes."),
    Column("body", LargeBinary, nullable=False, comment="The bytes, zlib-compressed."),
    comment="Every page ever seen, once per content.",
)

fetch = Table(
    "fetch",
    metadata,
    _id(BigInteger),
    _to("run", "run_id", "The run that asked."),
    Column("url", Text, nullable=False, comment="The address asked for, never the mirror's."),
    Column("fetched_at", _AT, nullable=False, comment="When the answer was complete."),
    Column("status", SmallInteger, comment="HTTP status; NULL where nothing answered or the page was installed."),
    Column("sha256", LargeBinary, ForeignKey(f"{SCHEMA}.page.sha256"), comment="The bytes; NULL where none came."),
    Column("etag", Text, comment="The answer's ETag."),
    Column("last_modified", Text, comment="The answer's Last-Modified."),
    Column("next_url", Text, comment="The address in its Link header with rel=next."),
    Column("verdict", Text, comment="accepted, unchanged, held, rejected, absent or unreachable; NULL until judged."),
    Column("reason", Text, comment="Why it was not accepted, one sentence."),
    Index(None, "url", "fetched_at"),
    Index(None, "run_id"),
    Index(None, "sha256"),
    comment="Every answer, or failure to answer.",
)

scope = Table(
    "scope",
    metadata,
    _id(),
    _to("source", "source_id", "The source."),
    Column("url", Text, nullable=False, comment="The page's address, or in a backfill the file's path."),
    Column("found_on", Text, comment="The start page that leads here; NULL for a start page."),
    Column("last_seen_at", _AT, comment="Newest sighting."),
    UniqueConstraint("source_id", "url"),
    comment="What lists a set of offers as a whole: withdrawal is judged within it.",
)

sighting = Table(
    "sighting",
    metadata,
    _to("scope", "scope_id", "The scope seen."),
    Column("seen_at", _AT, nullable=False, comment="Fetch time; in a backfill the committer date."),
    Column("sha256", LargeBinary, ForeignKey(f"{SCHEMA}.page.sha256"), comment="The bytes; NULL where the page is no longer there."),
    Column("address", Text, comment="Where the bytes came from, if not from the scope's own address."),
    Column("commit", Text, comment="Commit of the data repository, in a backfill."),
    Column("complete", Boolean, nullable=False, comment="Whether what it lacks counts as withdrawn."),
    Column("parser", Text, nullable=False, comment="Fingerprint of the code that read it."),
    Column("records", Integer, nullable=False, comment="Records read from it."),
    _to("run", "run_id", "The run that saw it.", nullable=True),
    PrimaryKeyConstraint("scope_id", "seen_at"),
    comment="One row per accepted look at a scope, also where nothing had changed.",
)

offer = Table(
    "offer",
    metadata,
    _id(),
    _to("source", "source_id", "The source that lists it."),
    Column("provider", Text, nullable=False, comment="Who bills, as the source spells it."),
    Column("model_key", Text, nullable=False, comment="The model, as the source spells it."),
    Column("endpoint", Text, comment="The source's own discriminator where a provider lists a model twice."),
    Column("plan", Text, nullable=False, comment="standard, batch, flex, priority, free …"),
    Column("provider_id", Text, nullable=False, comment="Who bills, one spelling for all sources."),
    Column("model", Text, comment="Canonical author/slug; NULL while unresolved."),
    Column("thing", Text, nullable=False, comment="What is on sale, the same text for every source that lists it."),
    UniqueConstraint("source_id", "provider", "model_key", "endpoint", "plan", postgresql_nulls_not_distinct=True),
    Index(None, "thing"),
    Index(None, "model"),
    comment="An endpoint on sale under one plan, as one source lists it.",
)

price_line = Table(
    "price_line",
    metadata,
    _id(),
    _to("offer", "offer_id", "The offer."),
    Column("meter", Text, nullable=False, comment="What is counted; the suffix is the unit of the price (market/units.py)."),
    Column("condition", Text, comment="When the price holds, canonical text; NULL for always."),
    Column("stated_from", _AT, comment="Begin of the price as the source states it; NULL where it does not."),
    UniqueConstraint("offer_id", "meter", "condition", "stated_from", postgresql_nulls_not_distinct=True),
    comment="One line of an offer's price list.",
)


def _amount() -> tuple[Column[Any], ...]:
    return (
        Column("usd", Numeric, comment="USD per the meter's unit; NULL where withdrawn or in another currency."),
        Column("stated_to", _AT, comment="End of the price as the source states it, exclusive."),
        Column("currency", Text, comment="ISO 4217 code of the amount as stated."),
        Column("native", Numeric, comment="Amount per the meter's unit in that currency, where it is not USD."),
    )


statement = Table(
    "statement",
    metadata,
    _to("price_line", "line_id", "The price line."),
    Column("seen_at", _AT, nullable=False, comment="When this was first seen."),
    _to("scope", "scope_id", "Where it was seen."),
    *_amount(),
    Column("gone", Boolean, nullable=False, comment="The source stopped saying it."),
    Column("recorded_at", _AT, nullable=False, server_default=text("now()"), comment="When the row was written; audit only."),
    PrimaryKeyConstraint("line_id", "scope_id", "seen_at"),
    comment="Every change of what a source says a price line costs.",
)

standing = Table(
    "standing",
    metadata,
    _to("scope", "scope_id", "Where it was seen."),
    _to("price_line", "line_id", "The price line."),
    *_amount(),
    Column("gone", Boolean, nullable=False, comment="The source stopped saying it."),
    Column("seen_at", _AT, nullable=False, comment="Since when it stands so."),
    Column("good_usd", Numeric, comment="Last amount that was not held, USD per the meter's unit."),
    Column("good_seen_at", _AT, comment="When that amount was first seen."),
    Column("good_to", _AT, comment="End of that amount as the source stated it, exclusive."),
    Column("held", Text, comment="Rule that holds the amount; NULL where it is believed."),
    PrimaryKeyConstraint("scope_id", "line_id"),
    Index(None, "line_id"),
    comment="What each source says now, and its last good word.",
)

listing = Table(
    "listing",
    metadata,
    _to("offer", "offer_id", "The offer."),
    Column("seen_at", _AT, nullable=False, comment="When this was first seen."),
    _to("scope", "scope_id", "Where it was seen."),
    Column("terms", JSONB, comment="What the source says of the offer besides prices."),
    Column("gone", Boolean, nullable=False, comment="The source stopped listing it."),
    PrimaryKeyConstraint("offer_id", "scope_id", "seen_at"),
    comment="Every change of what a source says of an offer besides its prices.",
)

listed = Table(
    "listed",
    metadata,
    _to("scope", "scope_id", "Where it was seen."),
    _to("offer", "offer_id", "The offer."),
    Column("terms", JSONB, comment="What the source says of the offer besides prices."),
    Column("gone", Boolean, nullable=False, comment="The source stopped listing it."),
    Column("seen_at", _AT, nullable=False, comment="Since when it stands so."),
    PrimaryKeyConstraint("scope_id", "offer_id"),
    Index(None, "offer_id"),
    comment="The offers each source lists now, or listed last.",
)

subject = Table(
    "subject",
    metadata,
    _id(),
    _to("source", "source_id", "The source."),
    Column("model_key", Text, nullable=False, comment="The source's own id of the model."),
    Column("model", Text, comment="Canonical author/slug; NULL while unresolved."),
    UniqueConstraint("source_id", "model_key"),
    Index(None, "model"),
    comment="A model as one source names it.",
)

card = Table(
    "card",
    metadata,
    _to("subject", "subject_id", "The model."),
    Column("seen_at", _AT, nullable=False, comment="When this was first seen."),
    _to("scope", "scope_id", "Where it was seen."),
    Column("facts", JSONB, comment="What the source says of the model."),
    Column("gone", Boolean, nullable=False, comment="The source stopped listing it."),
    PrimaryKeyConstraint("subject_id", "scope_id", "seen_at"),
    comment="Every change of what a source says of a model.",
)

carded = Table(
    "carded",
    metadata,
    _to("scope", "scope_id", "Where it was seen."),
    _to("subject", "subject_id", "The model."),
    Column("facts", JSONB, comment="What the source says of the model."),
    Column("gone", Boolean, nullable=False, comment="The source stopped listing it."),
    Column("seen_at", _AT, nullable=False, comment="Since when it stands so."),
    PrimaryKeyConstraint("scope_id", "subject_id"),
    Index(None, "subject_id"),
    comment="What each source says of a model now.",
)

service = Table(
    "service",
    metadata,
    _to("offer", "offer_id", "The endpoint."),
    Column("seen_at", _AT, nullable=False, comment="When it was read."),
    Column("ttft_ms_p50", Numeric, comment="Median time to first token, milliseconds."),
    Column("tps_p50", Numeric, comment="Median throughput, tokens per second."),
    Column("uptime_1d", Numeric, comment="Uptime of the last day, percent."),
    Column("uptime_30m", Numeric, comment="Uptime of the last 30 minutes, percent."),
    PrimaryKeyConstraint("offer_id", "seen_at"),
    comment="How endpoints served, as the source measured it.",
)

adoption = Table(
    "adoption",
    metadata,
    _to("subject", "subject_id", "The model."),
    Column("metric", Text, nullable=False, comment="downloads, likes, tokens or stars."),
    Column("day", Date, nullable=False, comment="UTC day it was read."),
    Column("value", Numeric, nullable=False, comment="The count."),
    PrimaryKeyConstraint("subject_id", "metric", "day"),
    comment="How much models are used, first reading of each day.",
)

quarantine = Table(
    "quarantine",
    metadata,
    _to("price_line", "line_id", "The price line."),
    Column("seen_at", _AT, nullable=False, comment="The statement's."),
    _to("scope", "scope_id", "The statement's."),
    Column("rule", Text, nullable=False, comment="Name of the rule in market/screening.py."),
    Column("reason", Text, nullable=False, comment="One sentence with the numbers."),
    Column("judged_at", _AT, nullable=False, server_default=text("now()"), comment="When it was first held."),
    PrimaryKeyConstraint("line_id", "seen_at", "scope_id"),
    comment="Statements that are kept and not believed; derived, rewritten whenever a thing is judged.",
)

event = Table(
    "event",
    metadata,
    _id(),
    _to("source", "source_id", "The source."),
    Column("kind", Text, nullable=False, comment="stale, failed, recovered, sunset, deprecation, new_key, lost_key or retyped_key."),
    Column("what", Text, comment="The start page that announces its end, or the path of the key; NULL for the source as a whole."),
    Column("happened_at", _AT, nullable=False, comment="When it came to be so, or was first seen to be."),
    Column("detail", Text, nullable=False, comment="One sentence."),
    _to("run", "run_id", "The first run that saw it; NULL where the clock did.", nullable=True),
    Index(None, "source_id", "what"),
    comment="What happened to sources besides prices; each thing once.",
)

review = Table(
    "review",
    metadata,
    _id(),
    _to("price_line", "line_id", "The price line; NULL for a whole page.", nullable=True),
    Column("seen_at", _AT, comment="The statement's; NULL for a whole page."),
    Column("fetch_id", ForeignKey(f"{SCHEMA}.fetch.id"), comment="The held page; NULL for a statement."),
    Column(
        "decision", Text, CheckConstraint("decision in ('accept', 'reject')", name="decision"), nullable=False, comment="accept or reject."
    ),
    Column("note", Text, comment="Why, in the reviewer's words."),
    Column("reviewed_at", _AT, nullable=False, server_default=text("now()"), comment="When."),
    Index(None, "line_id", "seen_at"),
    comment="What a person decided about held statements and pages.",
)

belief = Table(
    "belief",
    metadata,
    _to("price_line", "line_id", "The price line believed."),
    _to("scope", "scope_id", "Where it was seen."),
    Column("known_from", _AT, nullable=False, comment="Begin of what had to be known for it."),
    Column("known_to", _AT, nullable=False, comment="End of that, exclusive; the year 9999 where nothing came after."),
    Column("valid_from", _AT, nullable=False, comment="Begin of the time it was believed of; the year 1000 where assumed."),
    Column("valid_to", _AT, nullable=False, comment="End of that time, exclusive; the year 9999 while it stands."),
    Column(
        "dated",
        Boolean,
        nullable=False,
        comment="Stated dates are involved; else what is true at a time to come is what is true when it is known.",
    ),
    Column("assumed", Boolean, nullable=False, comment="Nobody had said anything of that time; the earliest statement is taken."),
    Column("usd", Numeric, nullable=False, comment="USD per the meter's unit."),
    Column("seen_at", _AT, nullable=False, comment="When it was first seen."),
    Column("agreement", Integer, nullable=False, comment="Independent sources with the same value."),
    Column("families", Integer, nullable=False, comment="Independent sources with any value."),
    Column("spread", Numeric, comment="Highest over lowest value; NULL where the lowest is 0."),
    Column("stale", Boolean, nullable=False, comment="Its source had not been seen for longer than its limit."),
    PrimaryKeyConstraint("line_id", "scope_id", "known_from", "valid_from"),
    Index(None, "valid_to"),
    comment="What is and was believed, at every instant of both times; derived, rewritten for the things a run touched.",
)

move = Table(
    "move",
    metadata,
    _to("price_line", "line_id", "The price line that moved, as its teller states it."),
    _to("scope", "scope_id", "Where it was seen."),
    Column("seen_at", _AT, nullable=False, comment="When it was first seen."),
    Column("changed_at", _AT, nullable=False, comment="When the new price begins: as stated, else as first seen."),
    Column(
        "kind",
        Text,
        nullable=False,
        comment="first, cut, rise, withdrawn, relisted, alias, currency or correction; the view tells a first price from a tier added.",
    ),
    Column("old_usd", Numeric, comment="USD per the meter's unit before; NULL where there was none."),
    Column("new_usd", Numeric, comment="USD per the meter's unit after; NULL where withdrawn."),
    PrimaryKeyConstraint("line_id", "scope_id", "seen_at"),
    Index(None, "changed_at"),
    comment="The moves of prices, told apart; derived, rewritten for the things a run touched.",
)

tariff = Table(
    "tariff",
    metadata,
    Column("thing", Text, nullable=False, comment="What is on sale."),
    Column("meter", Text, nullable=False, comment="What is counted."),
    Column("condition", Text, comment="When the price holds; NULL for always."),
    Column("usd", Numeric, nullable=False, comment="USD per the meter's unit."),
    _to("price_line", "line_id", "The price line believed."),
    UniqueConstraint("thing", "meter", "condition", postgresql_nulls_not_distinct=True),
    comment="The prices now that together make a bill; derived, rewritten for the things a run touched.",
)

effective_price = Table(
    "effective_price",
    metadata,
    Column("thing", Text, nullable=False, comment="What is on sale."),
    Column("profile", Text, nullable=False, comment="The mix of requests, by the name of its file."),
    Column("title", Text, nullable=False, comment="The mix in words."),
    Column("usd", Numeric, comment="USD per million tokens, input and output together; NULL where something it uses has no price."),
    Column("parts", JSONB, nullable=False, comment="The same by meter, as texts; they sum to it."),
    Column("longest_tokens", BigInteger, nullable=False, comment="Input and output tokens of the longest request in the mix."),
    Column("note", Text, comment="What is unusual, or why there is no price."),
    PrimaryKeyConstraint("thing", "profile"),
    comment="What a million tokens of a mix cost; derived, rewritten for the things a run touched.",
)

rate = Table(
    "rate",
    metadata,
    _to("source", "source_id", "The source that states it."),
    Column("currency", Text, nullable=False, comment="ISO 4217 code."),
    Column("day", Date, nullable=False, comment="The day it is stated for."),
    Column("usd", Numeric, nullable=False, comment="USD for one unit of the currency."),
    PrimaryKeyConstraint("source_id", "currency", "day"),
    comment="Exchange rates by day.",
)

floor_series = Table(
    "floor_series",
    metadata,
    Column("series", Text, primary_key=True, comment="Name in market/series.toml or in the user's own file."),
    Column("says", Text, nullable=False, comment="What competes, in words."),
    Column("mark", Text, nullable=False, comment="Fingerprint of what else decides who competes; made anew when it changes."),
    Column("told_to", Date, nullable=False, comment="Last UTC day told."),
    comment="Families of price floors.",
)

floor_day = Table(
    "floor_day",
    metadata,
    Column("series", Text, nullable=False, comment="Family or model, and meter."),
    Column("day", Date, nullable=False, comment="First UTC day on whose end it stood so; it holds until the next row."),
    Column("floor_usd", Numeric, comment="Lowest confirmed ask, USD per million tokens; NULL where nothing competes."),
    Column("second_usd", Numeric, comment="Next higher ask."),
    Column("n_within_10pct", Integer, nullable=False, comment="Things that ask at most a tenth more."),
    Column("thing", Text, comment="What sets it."),
    Column("model", Text, comment="Canonical author/slug of that."),
    Column("provider", Text, comment="Who sells it."),
    Column("agreement", Integer, nullable=False, comment="Independent sources that give the amount."),
    Column("held_usd", Numeric, comment="Lowest ask that nobody confirms and that was passed over."),
    Column("reason", Text, nullable=False, comment="Why the floor last moved."),
    PrimaryKeyConstraint("series", "day"),
    comment="Price floors, a row for each day on which anything about one changed; derived, kept up by every run.",
)
