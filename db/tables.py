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
    ForeignKey,
    Index,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.columns import AT, SCHEMA, made, metadata, numbered, to

source = Table(
    "source",
    metadata,
    numbered(),
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
    numbered(),
    to("source", "source_id", "The source collected."),
    Column("scheduled_for", AT, comment="Tick of the clock it answers; NULL when a person asked."),
    Column("started_at", AT, nullable=False, comment="When the crawl began."),
    Column("finished_at", AT, comment="When its outcome was known; NULL while it runs."),
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
    numbered(BigInteger),
    to("run", "run_id", "The run that asked."),
    Column("url", Text, nullable=False, comment="The address asked for, never the mirror's."),
    Column("fetched_at", AT, nullable=False, comment="When the answer was complete."),
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
    numbered(),
    to("source", "source_id", "The source."),
    Column("url", Text, nullable=False, comment="The page's address, or in a backfill the file's path."),
    Column("found_on", Text, comment="The start page that leads here; NULL for a start page."),
    Column("last_seen_at", AT, comment="Newest sighting."),
    UniqueConstraint("source_id", "url"),
    comment="What lists a set of offers as a whole: withdrawal is judged within it.",
)

sighting = Table(
    "sighting",
    metadata,
    to("scope", "scope_id", "The scope seen."),
    Column("seen_at", AT, nullable=False, comment="Fetch time; in a backfill the committer date."),
    Column("sha256", LargeBinary, ForeignKey(f"{SCHEMA}.page.sha256"), comment="The bytes; NULL where the page is no longer there."),
    Column("address", Text, comment="Where the bytes came from, if not from the scope's own address."),
    Column("commit", Text, comment="Commit of the data repository, in a backfill."),
    Column("complete", Boolean, nullable=False, comment="Whether what it lacks counts as withdrawn."),
    Column("parser", Text, nullable=False, comment="Fingerprint of the code that read it."),
    Column("records", Integer, nullable=False, comment="Records read from it."),
    to("run", "run_id", "The run that saw it.", nullable=True),
    PrimaryKeyConstraint("scope_id", "seen_at"),
    comment="One row per accepted look at a scope, also where nothing had changed.",
)

offer = Table(
    "offer",
    metadata,
    numbered(),
    to("source", "source_id", "The source that lists it."),
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
    numbered(),
    to("offer", "offer_id", "The offer."),
    Column("meter", Text, nullable=False, comment="What is counted; the suffix is the unit of the price (market/units.py)."),
    Column("condition", Text, comment="When the price holds, canonical text; NULL for always."),
    Column("stated_from", AT, comment="Begin of the price as the source states it; NULL where it does not."),
    UniqueConstraint("offer_id", "meter", "condition", "stated_from", postgresql_nulls_not_distinct=True),
    comment="One line of an offer's price list.",
)


def _amount() -> tuple[Column[Any], ...]:
    return (
        Column("usd", Numeric, comment="USD per the meter's unit; NULL where withdrawn or in another currency."),
        Column("stated_to", AT, comment="End of the price as the source states it, exclusive."),
        Column("currency", Text, comment="ISO 4217 code of the amount as stated."),
        Column("native", Numeric, comment="Amount per the meter's unit in that currency, where it is not USD."),
    )


statement = Table(
    "statement",
    metadata,
    to("price_line", "line_id", "The price line."),
    Column("seen_at", AT, nullable=False, comment="When this was first seen."),
    to("scope", "scope_id", "Where it was seen."),
    *_amount(),
    Column("gone", Boolean, nullable=False, comment="The source stopped saying it."),
    Column("recorded_at", AT, nullable=False, server_default=text("now()"), comment="When the row was written; audit only."),
    PrimaryKeyConstraint("line_id", "scope_id", "seen_at"),
    Index("statement_native_idx", "line_id", "scope_id", "seen_at", postgresql_where=text("native is not null")),
    comment="Every change of what a source says a price line costs.",
)

standing = Table(
    "standing",
    metadata,
    made("scope_id", "Where it was seen."),
    made("line_id", "The price line."),
    *_amount(),
    Column("gone", Boolean, nullable=False, comment="The source stopped saying it."),
    Column("seen_at", AT, nullable=False, comment="Since when it stands so."),
    Column("good_usd", Numeric, comment="Last amount that was not held, USD per the meter's unit."),
    Column("good_seen_at", AT, comment="When that amount was first seen."),
    Column("good_to", AT, comment="End of that amount as the source stated it, exclusive."),
    Column("held", Text, comment="Rule that holds the amount; NULL where it is believed."),
    PrimaryKeyConstraint("scope_id", "line_id"),
    Index(None, "line_id"),
    comment="What each source says now, and its last good word.",
)

listing = Table(
    "listing",
    metadata,
    to("offer", "offer_id", "The offer."),
    Column("seen_at", AT, nullable=False, comment="When this was first seen."),
    to("scope", "scope_id", "Where it was seen."),
    Column("terms", JSONB, comment="What the source says of the offer besides prices."),
    Column("gone", Boolean, nullable=False, comment="The source stopped listing it."),
    PrimaryKeyConstraint("offer_id", "scope_id", "seen_at"),
    comment="Every change of what a source says of an offer besides its prices.",
)

listed = Table(
    "listed",
    metadata,
    made("scope_id", "Where it was seen."),
    made("offer_id", "The offer."),
    Column("terms", JSONB, comment="What the source says of the offer besides prices."),
    Column("gone", Boolean, nullable=False, comment="The source stopped listing it."),
    Column("seen_at", AT, nullable=False, comment="Since when it stands so."),
    PrimaryKeyConstraint("scope_id", "offer_id"),
    Index(None, "offer_id"),
    comment="The offers each source lists now, or listed last.",
)

subject = Table(
    "subject",
    metadata,
    numbered(),
    to("source", "source_id", "The source."),
    Column("model_key", Text, nullable=False, comment="The source's own id of the model."),
    Column("model", Text, comment="Canonical author/slug; NULL while unresolved."),
    UniqueConstraint("source_id", "model_key"),
    Index(None, "model"),
    comment="A model as one source names it.",
)

card = Table(
    "card",
    metadata,
    to("subject", "subject_id", "The model."),
    Column("seen_at", AT, nullable=False, comment="When this was first seen."),
    to("scope", "scope_id", "Where it was seen."),
    Column("facts", JSONB, comment="What the source says of the model."),
    Column("gone", Boolean, nullable=False, comment="The source stopped listing it."),
    PrimaryKeyConstraint("subject_id", "scope_id", "seen_at"),
    comment="Every change of what a source says of a model.",
)

carded = Table(
    "carded",
    metadata,
    to("scope", "scope_id", "Where it was seen."),
    to("subject", "subject_id", "The model."),
    Column("facts", JSONB, comment="What the source says of the model."),
    Column("gone", Boolean, nullable=False, comment="The source stopped listing it."),
    Column("seen_at", AT, nullable=False, comment="Since when it stands so."),
    PrimaryKeyConstraint("scope_id", "subject_id"),
    Index(None, "subject_id"),
    comment="What each source says of a model now.",
)

service = Table(
    "service",
    metadata,
    to("offer", "offer_id", "The endpoint."),
    Column("seen_at", AT, nullable=False, comment="When it was read."),
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
    to("subject", "subject_id", "The model."),
    Column("metric", Text, nullable=False, comment="downloads, likes, tokens or stars."),
    Column("day", Date, nullable=False, comment="UTC day it was read."),
    Column("value", Numeric, nullable=False, comment="The count."),
    PrimaryKeyConstraint("subject_id", "metric", "day"),
    comment="How much models are used, first reading of each day.",
)

rate = Table(
    "rate",
    metadata,
    Column("currency", Text, nullable=False, comment="ISO 4217 code."),
    Column("day", Date, nullable=False, comment="Business day it was set; published at 16:00 in Frankfurt."),
    Column("usd", Numeric, nullable=False, comment="USD per unit of the currency."),
    to("source", "source_id", "The source of the newest look that states it."),
    Column("seen_at", AT, nullable=False, comment="The newest look that states it."),
    PrimaryKeyConstraint("currency", "day"),
    comment="What currencies were worth, day by day.",
)

event = Table(
    "event",
    metadata,
    numbered(),
    to("source", "source_id", "The source."),
    Column("kind", Text, nullable=False, comment="stale, failed, recovered, sunset, deprecation, new_key, lost_key or retyped_key."),
    Column("what", Text, comment="The start page that announces its end, or the path of the key; NULL for the source as a whole."),
    Column("happened_at", AT, nullable=False, comment="When it came to be so, or was first seen to be."),
    Column("detail", Text, nullable=False, comment="One sentence."),
    to("run", "run_id", "The first run that saw it; NULL where the clock did.", nullable=True),
    Index(None, "source_id", "what"),
    comment="What happened to sources besides prices; each thing once.",
)

review = Table(
    "review",
    metadata,
    numbered(),
    to("price_line", "line_id", "The price line; NULL for a whole page.", nullable=True),
    Column("seen_at", AT, comment="The statement's; NULL for a whole page."),
    Column("fetch_id", ForeignKey(f"{SCHEMA}.fetch.id"), comment="The held page; NULL for a statement."),
    Column(
        "decision", Text, CheckConstraint("decision in ('accept', 'reject')", name="decision"), nullable=False, comment="accept or reject."
    ),
    Column("note", Text, comment="Why, in the reviewer's words."),
    Column("reviewed_at", AT, nullable=False, server_default=text("now()"), comment="When."),
    Index(None, "line_id", "seen_at"),
    comment="What a person decided about held statements and pages.",
)

tariff = Table(
    "tariff",
    metadata,
    Column("thing", Text, nullable=False, comment="What is on sale."),
    Column("meter", Text, nullable=False, comment="What is counted."),
    Column("condition", Text, comment="When the price holds; NULL for always."),
    Column("usd", Numeric, nullable=False, comment="USD per the meter's unit."),
    made("line_id", "The price line believed."),
    UniqueConstraint("thing", "meter", "condition", postgresql_nulls_not_distinct=True),
    comment="The prices now that together make a bill; derived, rewritten for the things a run touched.",
)
