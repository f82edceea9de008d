"""the ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "floor_series",
        sa.Column("series", sa.Text(), nullable=False, comment="Name in market/series.toml or in the user's own file."),
        sa.Column("says", sa.Text(), nullable=False, comment="What competes, in words."),
        sa.Column("mark", sa.Text(), nullable=False, comment="Fingerprint of what else decides who competes; made anew when it changes."),
        sa.Column("told_to", sa.Date(), nullable=False, comment="Last UTC day told."),
        sa.PrimaryKeyConstraint("series", name=op.f("floor_series_pkey")),
        schema="ledger",
        comment="Families of price floors.",
    )
    op.create_table(
        "floor_day",
        sa.Column("series", sa.Text(), nullable=False, comment="Family or model, and meter."),
        sa.Column("day", sa.Date(), nullable=False, comment="First UTC day on whose end it stood so; it holds until the next row."),
        sa.Column(
            "floor_usd", sa.Numeric(), nullable=True, comment="Lowest confirmed ask, USD per million tokens; NULL where nothing competes."
        ),
        sa.Column("second_usd", sa.Numeric(), nullable=True, comment="Next higher ask."),
        sa.Column("n_within_10pct", sa.Integer(), nullable=False, comment="Things that ask at most a tenth more."),
        sa.Column("thing", sa.Text(), nullable=True, comment="What sets it."),
        sa.Column("model", sa.Text(), nullable=True, comment="Canonical author/slug of that."),
        sa.Column("provider", sa.Text(), nullable=True, comment="Who sells it."),
        sa.Column("agreement", sa.Integer(), nullable=False, comment="Independent sources that give the amount."),
        sa.Column("held_usd", sa.Numeric(), nullable=True, comment="Lowest ask that nobody confirms and that was passed over."),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why the floor last moved."),
        sa.PrimaryKeyConstraint("series", "day", name=op.f("floor_day_pkey")),
        schema="ledger",
        comment="Price floors, a row for each day on which anything about one changed; derived, kept up by every run.",
    )
    op.create_table(
        "page",
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="SHA-256 of the bytes as they came, 32 bytes."),
        sa.Column("size", sa.Integer(), nullable=False, comment="Length of the bytes as they came, bytes."),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="The bytes, zlib-compressed."),
        sa.PrimaryKeyConstraint("sha256", name=op.f("page_pkey")),
        schema="ledger",
        comment="Every page ever seen, once per content.",
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("name", sa.Text(), nullable=False, comment="Name of the file in collector/sources."),
        sa.Column("trust", sa.SmallInteger(), nullable=False, comment="1 the provider's page, 2 its API, 3 a marketplace, 4 a tracker."),
        sa.Column("family", sa.Text(), nullable=False, comment="Sources of one family copy each other and count as one."),
        sa.Column("lists_everything", sa.Boolean(), nullable=False, comment="What a complete page does not name is withdrawn."),
        sa.Column("cadence", sa.Text(), nullable=False, comment="Cron expression in UTC."),
        sa.Column("expected_every", sa.Interval(), nullable=False, comment="Longest time between two rings of the cadence."),
        sa.Column("fail_after", sa.Interval(), nullable=False, comment="Age of the last success at which the source counts as failed."),
        sa.Column("experimental", sa.Boolean(), nullable=False, comment="No page of it has been recorded yet."),
        sa.Column(
            "stale",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Whether it counted as failed when beliefs were last made.",
        ),
        sa.Column("license", sa.Text(), nullable=False, comment="License of the source's data."),
        sa.Column("attribution", sa.Text(), nullable=False, comment="The attribution line its terms ask for."),
        sa.Column("rate_limit", sa.Text(), nullable=False, comment="Its stated rate limit, in words."),
        sa.PrimaryKeyConstraint("id", name=op.f("source_pkey")),
        sa.UniqueConstraint("name", name=op.f("source_name_key")),
        schema="ledger",
        comment="One row per source file, written from the code by every run.",
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="The source that lists it."),
        sa.Column("provider", sa.Text(), nullable=False, comment="Who bills, as the source spells it."),
        sa.Column("model_key", sa.Text(), nullable=False, comment="The model, as the source spells it."),
        sa.Column("endpoint", sa.Text(), nullable=True, comment="The source's own discriminator where a provider lists a model twice."),
        sa.Column("plan", sa.Text(), nullable=False, comment="standard, batch, flex, priority, free …"),
        sa.Column("provider_id", sa.Text(), nullable=False, comment="Who bills, one spelling for all sources."),
        sa.Column("model", sa.Text(), nullable=True, comment="Canonical author/slug; NULL while unresolved."),
        sa.Column("thing", sa.Text(), nullable=False, comment="What is on sale, the same text for every source that lists it."),
        sa.ForeignKeyConstraint(["source_id"], ["ledger.source.id"], name=op.f("offer_source_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("offer_pkey")),
        sa.UniqueConstraint(
            "source_id",
            "provider",
            "model_key",
            "endpoint",
            "plan",
            name=op.f("offer_source_id_provider_model_key_endpoint_plan_key"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="ledger",
        comment="An endpoint on sale under one plan, as one source lists it.",
    )
    op.create_index(op.f("offer_model_idx"), "offer", ["model"], unique=False, schema="ledger")
    op.create_index(op.f("offer_thing_idx"), "offer", ["thing"], unique=False, schema="ledger")
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="The source collected."),
        sa.Column(
            "scheduled_for", sa.DateTime(timezone=True), nullable=True, comment="Tick of the clock it answers; NULL when a person asked."
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="When the crawl began."),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True, comment="When its outcome was known; NULL while it runs."),
        sa.Column("outcome", sa.Text(), nullable=True, comment="complete, unchanged, partial, failed, quarantined, skipped or aborted."),
        sa.Column("reason", sa.Text(), nullable=True, comment="One plain sentence where the outcome is not complete."),
        sa.Column("pages", sa.Integer(), nullable=True, comment="Pages answered, unchanged ones included."),
        sa.Column("records", sa.Integer(), nullable=True, comment="Records read from the pages."),
        sa.Column("quotes", sa.Integer(), nullable=True, comment="Price statements written."),
        sa.Column("withdrawn", sa.Integer(), nullable=True, comment="Price statements withdrawn."),
        sa.Column("quarantined", sa.Integer(), nullable=True, comment="Price statements that this run made to be held."),
        sa.Column(
            "unknown_keys",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Names of price keys that the source file does not map.",
        ),
        sa.Column("seconds", sa.Numeric(), nullable=True, comment="Wall time of the crawl, seconds."),
        sa.ForeignKeyConstraint(["source_id"], ["ledger.source.id"], name=op.f("run_source_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("run_pkey")),
        sa.UniqueConstraint("source_id", "scheduled_for", name=op.f("run_source_id_scheduled_for_key")),
        schema="ledger",
        comment="One row per attempt to collect a source.",
    )
    op.create_index(op.f("run_source_id_started_at_idx"), "run", ["source_id", "started_at"], unique=False, schema="ledger")
    op.create_table(
        "scope",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="The source."),
        sa.Column("url", sa.Text(), nullable=False, comment="The page's address, or in a backfill the file's path."),
        sa.Column("found_on", sa.Text(), nullable=True, comment="The start page that leads here; NULL for a start page."),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True, comment="Newest sighting."),
        sa.ForeignKeyConstraint(["source_id"], ["ledger.source.id"], name=op.f("scope_source_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("scope_pkey")),
        sa.UniqueConstraint("source_id", "url", name=op.f("scope_source_id_url_key")),
        schema="ledger",
        comment="What lists a set of offers as a whole: withdrawal is judged within it.",
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="The source."),
        sa.Column("model_key", sa.Text(), nullable=False, comment="The source's own id of the model."),
        sa.Column("model", sa.Text(), nullable=True, comment="Canonical author/slug; NULL while unresolved."),
        sa.ForeignKeyConstraint(["source_id"], ["ledger.source.id"], name=op.f("subject_source_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("subject_pkey")),
        sa.UniqueConstraint("source_id", "model_key", name=op.f("subject_source_id_model_key_key")),
        schema="ledger",
        comment="A model as one source names it.",
    )
    op.create_index(op.f("subject_model_idx"), "subject", ["model"], unique=False, schema="ledger")
    op.create_table(
        "adoption",
        sa.Column("subject_id", sa.Integer(), nullable=False, comment="The model."),
        sa.Column("metric", sa.Text(), nullable=False, comment="downloads, likes, tokens or stars."),
        sa.Column("day", sa.Date(), nullable=False, comment="UTC day it was read."),
        sa.Column("value", sa.Numeric(), nullable=False, comment="The count."),
        sa.ForeignKeyConstraint(["subject_id"], ["ledger.subject.id"], name=op.f("adoption_subject_id_fkey")),
        sa.PrimaryKeyConstraint("subject_id", "metric", "day", name=op.f("adoption_pkey")),
        schema="ledger",
        comment="How much models are used, first reading of each day.",
    )
    op.create_table(
        "card",
        sa.Column("subject_id", sa.Integer(), nullable=False, comment="The model."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="When this was first seen."),
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="What the source says of the model."),
        sa.Column("gone", sa.Boolean(), nullable=False, comment="The source stopped listing it."),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("card_scope_id_fkey")),
        sa.ForeignKeyConstraint(["subject_id"], ["ledger.subject.id"], name=op.f("card_subject_id_fkey")),
        sa.PrimaryKeyConstraint("subject_id", "scope_id", "seen_at", name=op.f("card_pkey")),
        schema="ledger",
        comment="Every change of what a source says of a model.",
    )
    op.create_table(
        "carded",
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column("subject_id", sa.Integer(), nullable=False, comment="The model."),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="What the source says of the model."),
        sa.Column("gone", sa.Boolean(), nullable=False, comment="The source stopped listing it."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="Since when it stands so."),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("carded_scope_id_fkey")),
        sa.ForeignKeyConstraint(["subject_id"], ["ledger.subject.id"], name=op.f("carded_subject_id_fkey")),
        sa.PrimaryKeyConstraint("scope_id", "subject_id", name=op.f("carded_pkey")),
        schema="ledger",
        comment="What each source says of a model now.",
    )
    op.create_index(op.f("carded_subject_id_idx"), "carded", ["subject_id"], unique=False, schema="ledger")
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="The source."),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="stale, failed, recovered, sunset, deprecation, new_key, lost_key or retyped_key.",
        ),
        sa.Column(
            "what",
            sa.Text(),
            nullable=True,
            comment="The start page that announces its end, or the path of the key; NULL for the source as a whole.",
        ),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False, comment="When it came to be so, or was first seen to be."),
        sa.Column("detail", sa.Text(), nullable=False, comment="One sentence."),
        sa.Column("run_id", sa.Integer(), nullable=True, comment="The first run that saw it; NULL where the clock did."),
        sa.ForeignKeyConstraint(["run_id"], ["ledger.run.id"], name=op.f("event_run_id_fkey")),
        sa.ForeignKeyConstraint(["source_id"], ["ledger.source.id"], name=op.f("event_source_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("event_pkey")),
        schema="ledger",
        comment="What happened to sources besides prices; each thing once.",
    )
    op.create_index(op.f("event_source_id_what_idx"), "event", ["source_id", "what"], unique=False, schema="ledger")
    op.create_table(
        "fetch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("run_id", sa.Integer(), nullable=False, comment="The run that asked."),
        sa.Column("url", sa.Text(), nullable=False, comment="The address asked for, never the mirror's."),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False, comment="When the answer was complete."),
        sa.Column(
            "status", sa.SmallInteger(), nullable=True, comment="HTTP status; NULL where nothing answered or the page was installed."
        ),
        sa.Column("sha256", sa.LargeBinary(), nullable=True, comment="The bytes; NULL where none came."),
        sa.Column("etag", sa.Text(), nullable=True, comment="The answer's ETag."),
        sa.Column("last_modified", sa.Text(), nullable=True, comment="The answer's Last-Modified."),
        sa.Column("next_url", sa.Text(), nullable=True, comment="The address in its Link header with rel=next."),
        sa.Column(
            "verdict", sa.Text(), nullable=True, comment="accepted, unchanged, held, rejected, absent or unreachable; NULL until judged."
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why it was not accepted, one sentence."),
        sa.ForeignKeyConstraint(["run_id"], ["ledger.run.id"], name=op.f("fetch_run_id_fkey")),
        sa.ForeignKeyConstraint(["sha256"], ["ledger.page.sha256"], name=op.f("fetch_sha256_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("fetch_pkey")),
        schema="ledger",
        comment="Every answer, or failure to answer.",
    )
    op.create_index(op.f("fetch_run_id_idx"), "fetch", ["run_id"], unique=False, schema="ledger")
    op.create_index(op.f("fetch_sha256_idx"), "fetch", ["sha256"], unique=False, schema="ledger")
    op.create_index(op.f("fetch_url_fetched_at_idx"), "fetch", ["url", "fetched_at"], unique=False, schema="ledger")
    op.create_table(
        "listed",
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column("offer_id", sa.Integer(), nullable=False, comment="The offer."),
        sa.Column(
            "terms", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="What the source says of the offer besides prices."
        ),
        sa.Column("gone", sa.Boolean(), nullable=False, comment="The source stopped listing it."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="Since when it stands so."),
        sa.ForeignKeyConstraint(["offer_id"], ["ledger.offer.id"], name=op.f("listed_offer_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("listed_scope_id_fkey")),
        sa.PrimaryKeyConstraint("scope_id", "offer_id", name=op.f("listed_pkey")),
        schema="ledger",
        comment="The offers each source lists now, or listed last.",
    )
    op.create_index(op.f("listed_offer_id_idx"), "listed", ["offer_id"], unique=False, schema="ledger")
    op.create_table(
        "listing",
        sa.Column("offer_id", sa.Integer(), nullable=False, comment="The offer."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="When this was first seen."),
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column(
            "terms", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="What the source says of the offer besides prices."
        ),
        sa.Column("gone", sa.Boolean(), nullable=False, comment="The source stopped listing it."),
        sa.ForeignKeyConstraint(["offer_id"], ["ledger.offer.id"], name=op.f("listing_offer_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("listing_scope_id_fkey")),
        sa.PrimaryKeyConstraint("offer_id", "scope_id", "seen_at", name=op.f("listing_pkey")),
        schema="ledger",
        comment="Every change of what a source says of an offer besides its prices.",
    )
    op.create_table(
        "price_line",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("offer_id", sa.Integer(), nullable=False, comment="The offer."),
        sa.Column("meter", sa.Text(), nullable=False, comment="What is counted; the suffix is the unit of the price (market/units.py)."),
        sa.Column("condition", sa.Text(), nullable=True, comment="When the price holds, canonical text; NULL for always."),
        sa.Column(
            "stated_from",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Begin of the price as the source states it; NULL where it does not.",
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["ledger.offer.id"], name=op.f("price_line_offer_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("price_line_pkey")),
        sa.UniqueConstraint(
            "offer_id",
            "meter",
            "condition",
            "stated_from",
            name=op.f("price_line_offer_id_meter_condition_stated_from_key"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="ledger",
        comment="One line of an offer's price list.",
    )
    op.create_table(
        "service",
        sa.Column("offer_id", sa.Integer(), nullable=False, comment="The endpoint."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="When it was read."),
        sa.Column("ttft_ms_p50", sa.Numeric(), nullable=True, comment="Median time to first token, milliseconds."),
        sa.Column("tps_p50", sa.Numeric(), nullable=True, comment="Median throughput, tokens per second."),
        sa.Column("uptime_1d", sa.Numeric(), nullable=True, comment="Uptime of the last day, percent."),
        sa.Column("uptime_30m", sa.Numeric(), nullable=True, comment="Uptime of the last 30 minutes, percent."),
        sa.ForeignKeyConstraint(["offer_id"], ["ledger.offer.id"], name=op.f("service_offer_id_fkey")),
        sa.PrimaryKeyConstraint("offer_id", "seen_at", name=op.f("service_pkey")),
        schema="ledger",
        comment="How endpoints served, as the source measured it.",
    )
    op.create_table(
        "sighting",
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="The scope seen."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="Fetch time; in a backfill the committer date."),
        sa.Column("sha256", sa.LargeBinary(), nullable=True, comment="The bytes; NULL where the page is no longer there."),
        sa.Column("address", sa.Text(), nullable=True, comment="Where the bytes came from, if not from the scope's own address."),
        sa.Column("commit", sa.Text(), nullable=True, comment="Commit of the data repository, in a backfill."),
        sa.Column("complete", sa.Boolean(), nullable=False, comment="Whether what it lacks counts as withdrawn."),
        sa.Column("parser", sa.Text(), nullable=False, comment="Fingerprint of the code that read it."),
        sa.Column("records", sa.Integer(), nullable=False, comment="Records read from it."),
        sa.Column("run_id", sa.Integer(), nullable=True, comment="The run that saw it."),
        sa.ForeignKeyConstraint(["run_id"], ["ledger.run.id"], name=op.f("sighting_run_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("sighting_scope_id_fkey")),
        sa.ForeignKeyConstraint(["sha256"], ["ledger.page.sha256"], name=op.f("sighting_sha256_fkey")),
        sa.PrimaryKeyConstraint("scope_id", "seen_at", name=op.f("sighting_pkey")),
        schema="ledger",
        comment="One row per accepted look at a scope, also where nothing had changed.",
    )
    op.create_table(
        "belief",
        sa.Column("line_id", sa.Integer(), nullable=False, comment="The price line believed."),
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False, comment="Begin of what had to be known for it."),
        sa.Column(
            "known_to",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="End of that, exclusive; the year 9999 where nothing came after.",
        ),
        sa.Column(
            "valid_from",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Begin of the time it was believed of; the year 1000 where assumed.",
        ),
        sa.Column(
            "valid_to", sa.DateTime(timezone=True), nullable=False, comment="End of that time, exclusive; the year 9999 while it stands."
        ),
        sa.Column(
            "dated",
            sa.Boolean(),
            nullable=False,
            comment="Stated dates are involved; else what is true at a time to come is what is true when it is known.",
        ),
        sa.Column(
            "assumed",
            sa.Boolean(),
            nullable=False,
            comment="Nobody had said anything of that time; the earliest statement is taken.",
        ),
        sa.Column("usd", sa.Numeric(), nullable=False, comment="USD per the meter's unit."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="When it was first seen."),
        sa.Column("agreement", sa.Integer(), nullable=False, comment="Independent sources with the same value."),
        sa.Column("families", sa.Integer(), nullable=False, comment="Independent sources with any value."),
        sa.Column("spread", sa.Numeric(), nullable=True, comment="Highest over lowest value; NULL where the lowest is 0."),
        sa.Column("stale", sa.Boolean(), nullable=False, comment="Its source had not been seen for longer than its limit."),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.price_line.id"], name=op.f("belief_line_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("belief_scope_id_fkey")),
        sa.PrimaryKeyConstraint("line_id", "scope_id", "known_from", "valid_from", name=op.f("belief_pkey")),
        schema="ledger",
        comment="What is and was believed, at every instant of both times; derived, rewritten for the things a run touched.",
    )
    op.create_index(op.f("belief_valid_to_idx"), "belief", ["valid_to"], unique=False, schema="ledger")
    op.create_table(
        "move",
        sa.Column("line_id", sa.Integer(), nullable=False, comment="The price line that moved, as its teller states it."),
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="When it was first seen."),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), nullable=False, comment="When the new price begins: as stated, else as first seen."
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="first, cut, rise, withdrawn, relisted, alias, currency or correction; the view tells a first price from a tier added.",
        ),
        sa.Column("old_usd", sa.Numeric(), nullable=True, comment="USD per the meter's unit before; NULL where there was none."),
        sa.Column("new_usd", sa.Numeric(), nullable=True, comment="USD per the meter's unit after; NULL where withdrawn."),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.price_line.id"], name=op.f("move_line_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("move_scope_id_fkey")),
        sa.PrimaryKeyConstraint("line_id", "scope_id", "seen_at", name=op.f("move_pkey")),
        schema="ledger",
        comment="The moves of prices, told apart; derived, rewritten for the things a run touched.",
    )
    op.create_index(op.f("move_changed_at_idx"), "move", ["changed_at"], unique=False, schema="ledger")
    op.create_table(
        "quarantine",
        sa.Column("line_id", sa.Integer(), nullable=False, comment="The price line."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="The statement's."),
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="The statement's."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Name of the rule in market/screening.py."),
        sa.Column("reason", sa.Text(), nullable=False, comment="One sentence with the numbers."),
        sa.Column(
            "judged_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When it was first held."
        ),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.price_line.id"], name=op.f("quarantine_line_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("quarantine_scope_id_fkey")),
        sa.PrimaryKeyConstraint("line_id", "seen_at", "scope_id", name=op.f("quarantine_pkey")),
        schema="ledger",
        comment="Statements that are kept and not believed; derived, rewritten whenever a thing is judged.",
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("line_id", sa.Integer(), nullable=True, comment="The price line; NULL for a whole page."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True, comment="The statement's; NULL for a whole page."),
        sa.Column("fetch_id", sa.BigInteger(), nullable=True, comment="The held page; NULL for a statement."),
        sa.Column("decision", sa.Text(), nullable=False, comment="accept or reject."),
        sa.Column("note", sa.Text(), nullable=True, comment="Why, in the reviewer's words."),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When."),
        sa.CheckConstraint("decision in ('accept', 'reject')", name=op.f("review_decision_check")),
        sa.ForeignKeyConstraint(["fetch_id"], ["ledger.fetch.id"], name=op.f("review_fetch_id_fkey")),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.price_line.id"], name=op.f("review_line_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("review_pkey")),
        schema="ledger",
        comment="What a person decided about held statements and pages.",
    )
    op.create_index(op.f("review_line_id_seen_at_idx"), "review", ["line_id", "seen_at"], unique=False, schema="ledger")
    op.create_table(
        "standing",
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column("line_id", sa.Integer(), nullable=False, comment="The price line."),
        sa.Column("usd", sa.Numeric(), nullable=True, comment="USD per the meter's unit; NULL where withdrawn or in another currency."),
        sa.Column("stated_to", sa.DateTime(timezone=True), nullable=True, comment="End of the price as the source states it, exclusive."),
        sa.Column("currency", sa.Text(), nullable=True, comment="ISO 4217 code of the amount as stated."),
        sa.Column("native", sa.Numeric(), nullable=True, comment="Amount per the meter's unit in that currency, where it is not USD."),
        sa.Column("gone", sa.Boolean(), nullable=False, comment="The source stopped saying it."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="Since when it stands so."),
        sa.Column("good_usd", sa.Numeric(), nullable=True, comment="Last amount that was not held, USD per the meter's unit."),
        sa.Column("good_seen_at", sa.DateTime(timezone=True), nullable=True, comment="When that amount was first seen."),
        sa.Column("good_to", sa.DateTime(timezone=True), nullable=True, comment="End of that amount as the source stated it, exclusive."),
        sa.Column("held", sa.Text(), nullable=True, comment="Rule that holds the amount; NULL where it is believed."),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.price_line.id"], name=op.f("standing_line_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("standing_scope_id_fkey")),
        sa.PrimaryKeyConstraint("scope_id", "line_id", name=op.f("standing_pkey")),
        schema="ledger",
        comment="What each source says now, and its last good word.",
    )
    op.create_index(op.f("standing_line_id_idx"), "standing", ["line_id"], unique=False, schema="ledger")
    op.create_table(
        "statement",
        sa.Column("line_id", sa.Integer(), nullable=False, comment="The price line."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="When this was first seen."),
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column("usd", sa.Numeric(), nullable=True, comment="USD per the meter's unit; NULL where withdrawn or in another currency."),
        sa.Column("stated_to", sa.DateTime(timezone=True), nullable=True, comment="End of the price as the source states it, exclusive."),
        sa.Column("currency", sa.Text(), nullable=True, comment="ISO 4217 code of the amount as stated."),
        sa.Column("native", sa.Numeric(), nullable=True, comment="Amount per the meter's unit in that currency, where it is not USD."),
        sa.Column("gone", sa.Boolean(), nullable=False, comment="The source stopped saying it."),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was written; audit only.",
        ),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.price_line.id"], name=op.f("statement_line_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("statement_scope_id_fkey")),
        sa.PrimaryKeyConstraint("line_id", "scope_id", "seen_at", name=op.f("statement_pkey")),
        schema="ledger",
        comment="Every change of what a source says a price line costs.",
    )
    op.create_index(
        "statement_native_idx",
        "statement",
        ["line_id", "scope_id", "seen_at"],
        unique=False,
        schema="ledger",
        postgresql_where=sa.text("native is not null"),
    )
    op.create_table(
        "rate",
        sa.Column("currency", sa.Text(), nullable=False, comment="ISO 4217 code."),
        sa.Column("day", sa.Date(), nullable=False, comment="Business day it was set; published at 16:00 in Frankfurt."),
        sa.Column("usd", sa.Numeric(), nullable=False, comment="USD per unit of the currency."),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="The source of the newest look that states it."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="The newest look that states it."),
        sa.ForeignKeyConstraint(["source_id"], ["ledger.source.id"], name=op.f("rate_source_id_fkey")),
        sa.PrimaryKeyConstraint("currency", "day", name=op.f("rate_pkey")),
        schema="ledger",
        comment="What currencies were worth, day by day.",
    )
    op.create_table(
        "tariff",
        sa.Column("thing", sa.Text(), nullable=False, comment="What is on sale."),
        sa.Column("meter", sa.Text(), nullable=False, comment="What is counted."),
        sa.Column("condition", sa.Text(), nullable=True, comment="When the price holds; NULL for always."),
        sa.Column("usd", sa.Numeric(), nullable=False, comment="USD per the meter's unit."),
        sa.Column("line_id", sa.Integer(), nullable=False, comment="The price line believed."),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.price_line.id"], name=op.f("tariff_line_id_fkey")),
        sa.UniqueConstraint(
            "thing", "meter", "condition", name=op.f("tariff_thing_meter_condition_key"), postgresql_nulls_not_distinct=True
        ),
        schema="ledger",
        comment="The prices now that together make a bill; derived, rewritten for the things a run touched.",
    )
    op.create_table(
        "effective_price",
        sa.Column("thing", sa.Text(), nullable=False, comment="What is on sale."),
        sa.Column("profile", sa.Text(), nullable=False, comment="The mix of requests, by the name of its file."),
        sa.Column("title", sa.Text(), nullable=False, comment="The mix in words."),
        sa.Column(
            "usd",
            sa.Numeric(),
            nullable=True,
            comment="USD per million tokens, input and output together; NULL where something it uses has no price.",
        ),
        sa.Column("parts", postgresql.JSONB(), nullable=False, comment="The same by meter, as texts; they sum to it."),
        sa.Column("longest_tokens", sa.BigInteger(), nullable=False, comment="Input and output tokens of the longest request in the mix."),
        sa.Column("note", sa.Text(), nullable=True, comment="What is unusual, or why there is no price."),
        sa.PrimaryKeyConstraint("thing", "profile", name=op.f("effective_price_pkey")),
        schema="ledger",
        comment="What a million tokens of a mix cost; derived, rewritten for the things a run touched.",
    )
    op.create_table(
        "forecast",
        sa.Column("series", sa.Text(), nullable=False, comment="The price floor forecast, as in floor_day."),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="When it was made."),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), nullable=False, comment="What was known then was used: floors of the UTC days before."
        ),
        sa.Column("target_on", sa.Date(), nullable=False, comment="UTC day forecast, at its end."),
        sa.Column("horizon_days", sa.Integer(), nullable=False, comment="Days from the day it was made."),
        sa.Column("method", sa.Text(), nullable=False, comment="no_change or event_rates."),
        sa.Column("titled", sa.Boolean(), nullable=False, comment="Whether it was shown as the forecast: its method held the title."),
        sa.Column("start_usd", sa.Numeric(), nullable=False, comment="The last floor known, USD per million tokens."),
        sa.Column(
            "values_usd",
            postgresql.ARRAY(sa.Numeric()),
            nullable=False,
            comment="USD per million tokens at the quantiles 0.05, 0.1, 0.25, 0.5, 0.75, 0.9 and 0.95.",
        ),
        sa.Column("p_lower", sa.Double(), nullable=False, comment="Probability that the floor will be lower than the last one known."),
        sa.Column("p_same", sa.Double(), nullable=False, comment="Probability that it will be the same."),
        sa.Column("p_higher", sa.Double(), nullable=False, comment="Probability that it will be higher."),
        sa.PrimaryKeyConstraint("series", "target_on", "method", "made_at", name=op.f("forecast_pkey")),
        schema="ledger",
        comment="Forecasts of price floors, as they were made; only inserted.",
    )
    op.create_index(op.f("forecast_target_on_idx"), "forecast", ["target_on"], unique=False, schema="ledger")
    op.create_table(
        "forecast_score",
        sa.Column("series", sa.Text(), nullable=False, comment="The forecast's."),
        sa.Column("target_on", sa.Date(), nullable=False, comment="The forecast's."),
        sa.Column("method", sa.Text(), nullable=False, comment="The forecast's."),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="The forecast's."),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False, comment="When the day had passed and this was written."),
        sa.Column(
            "actual_usd",
            sa.Numeric(),
            nullable=True,
            comment="The floor that came, USD per million tokens; NULL where nothing competed any more.",
        ),
        sa.Column("error_log", sa.Double(), nullable=True, comment="Absolute error of the median, in logarithms of the price."),
        sa.Column("pinball", sa.Double(), nullable=True, comment="Mean pinball loss over the quantiles, in logarithms of the price."),
        sa.Column("inside_80", sa.Boolean(), nullable=True, comment="Whether the floor lay within the 80% band, edges included."),
        sa.Column("brier", sa.Double(), nullable=True, comment="Brier score of lower, same and higher, from 0 to 2."),
        sa.PrimaryKeyConstraint("series", "target_on", "method", "made_at", name=op.f("forecast_score_pkey")),
        schema="ledger",
        comment="What came of forecasts, written once when the day had passed.",
    )
    op.create_table(
        "forecast_trial",
        sa.Column("tried_on", sa.Date(), nullable=False, comment="UTC day of the backtest."),
        sa.Column("floors", sa.Text(), nullable=False, comment="`believed`, or the source whose statements alone made the floors."),
        sa.Column("series", sa.Text(), nullable=False, comment="`one model` or `family`: the group of series."),
        sa.Column("horizon_days", sa.Integer(), nullable=False, comment="Days ahead."),
        sa.Column("method", sa.Text(), nullable=False, comment="no_change or event_rates."),
        sa.Column(
            "titled", sa.Boolean(), nullable=False, comment="Whether the method held the title for this group and horizon from that day on."
        ),
        sa.Column("n", sa.Integer(), nullable=False, comment="Forecasts that came due."),
        sa.Column("n_series", sa.Integer(), nullable=False, comment="Series they are of."),
        sa.Column("mae_log", sa.Double(), nullable=False, comment="Mean absolute error of the median, in logarithms of the price."),
        sa.Column("pinball", sa.Double(), nullable=False, comment="Mean pinball loss over the quantiles, in logarithms of the price."),
        sa.Column("coverage_80", sa.Double(), nullable=False, comment="Share of outcomes within the 80% band."),
        sa.Column("width_80", sa.Double(), nullable=False, comment="Mean width of the 80% band, in logarithms of the price."),
        sa.Column(
            "error_ratio",
            sa.Double(),
            nullable=True,
            comment="Error over that of no change; NULL for no change itself and where that made none.",
        ),
        sa.Column("error_ratio_low", sa.Double(), nullable=True, comment="Lower end of its 95% interval."),
        sa.Column("error_ratio_high", sa.Double(), nullable=True, comment="Upper end of its 95% interval."),
        sa.Column("skill", sa.Double(), nullable=True, comment="1 less pinball loss over that of no change."),
        sa.Column("skill_low", sa.Double(), nullable=True, comment="Lower end of its 95% interval."),
        sa.Column("skill_high", sa.Double(), nullable=True, comment="Upper end of its 95% interval."),
        sa.Column("brier_skill", sa.Double(), nullable=True, comment="1 less Brier score of direction over that of no change."),
        sa.Column("brier_skill_low", sa.Double(), nullable=True, comment="Lower end of its 95% interval."),
        sa.Column("brier_skill_high", sa.Double(), nullable=True, comment="Upper end of its 95% interval."),
        sa.PrimaryKeyConstraint("tried_on", "floors", "series", "horizon_days", "method", name=op.f("forecast_trial_pkey")),
        schema="ledger",
        comment="How each method did when every past day was forecast once more; newest day first says who holds the title.",
    )
    op.create_table(
        "license",
        sa.Column("license_id", sa.Text(), nullable=False, comment="SPDX id, else LicenseRef-…; one per version of a text."),
        sa.Column("name", sa.Text(), nullable=False, comment="What its steward calls it."),
        sa.Column("version", sa.Text(), nullable=False, comment="Version or date of the text; empty where it has none."),
        sa.Column("steward", sa.Text(), nullable=False, comment="Who may change it; empty where nobody may."),
        sa.Column("note", sa.Text(), nullable=False, comment="What its reader should know."),
        sa.Column("texts", sa.Integer(), nullable=False, comment="Reviewed texts of it that are known by their hashes."),
        sa.Column("terms", postgresql.JSONB(), nullable=False, comment="Term, with value, clause and what it says in our own words."),
        sa.Column("thresholds", postgresql.JSONB(), nullable=False, comment="Sizes from which more is asked."),
        sa.Column("stamp", sa.Text(), nullable=False, comment="Hash of the registry it was written from."),
        sa.PrimaryKeyConstraint("license_id", name=op.f("license_pkey")),
        schema="ledger",
        comment="The registry of licenses, written from its files by an upgrade and by the first run after a change.",
    )
    op.create_table(
        "model_license",
        sa.Column("model", sa.Text(), nullable=False, comment="Canonical author/slug."),
        sa.Column("repository", sa.Text(), nullable=False, comment="Id of the repository that the evidence is about."),
        sa.Column("subject_id", sa.Integer(), nullable=False, comment="Who says so, and of what."),
        sa.Column("declared", sa.Text(), nullable=True, comment="License tag as given; NULL where none is."),
        sa.Column(
            "license_id",
            sa.Text(),
            nullable=True,
            comment="License that the tag, or the author of the family, names; NULL where it names none that is known.",
        ),
        sa.Column("license_class", sa.Text(), nullable=False, comment="Class of what is declared."),
        sa.Column("basis", sa.Text(), nullable=False, comment="tag_only, family or nothing."),
        sa.Column("effective_id", sa.Text(), nullable=True, comment="License that binds along the descent; NULL where it is not known."),
        sa.Column("effective_class", sa.Text(), nullable=False, comment="The most restrictive class of its own and all its ancestors'."),
        sa.Column("commercial_use", sa.Text(), nullable=False, comment="yes, limited, no or unknown, along the descent."),
        sa.Column("comes_from", sa.Text(), nullable=False, comment="Repository whose license binds."),
        sa.Column(
            "flags",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="laundering_suspect, base_unknown, naming_duty_unmet, lineage_cycle.",
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="Since when the evidence stands so."),
        sa.ForeignKeyConstraint(["subject_id"], ["ledger.subject.id"], name=op.f("model_license_subject_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("model_license_pkey")),
        schema="ledger",
        comment="What each card's license comes to along the model's descent; made anew by the runs that bring cards.",
    )
    op.create_index(op.f("model_license_model_idx"), "model_license", ["model"], unique=False, schema="ledger")
    op.create_table(
        "claim",
        sa.Column("claim_id", sa.Text(), nullable=False, comment="What its file calls it."),
        sa.Column(
            "added_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was added; the newest of an id counts.",
        ),
        sa.Column("statement", sa.Text(), nullable=False, comment="What is said, one sentence."),
        sa.Column("author", sa.Text(), nullable=True, comment="Who said it; NULL where not given."),
        sa.Column("source", sa.Text(), nullable=True, comment="Where it was said; NULL where not given."),
        sa.Column("entry", postgresql.JSONB(), nullable=False, comment="The claim in normalised form, as market/claims.py has it."),
        sa.PrimaryKeyConstraint("claim_id", "added_at", name=op.f("claim_pkey")),
        schema="ledger",
        comment="Claims of others, normalised; only inserted.",
    )
    op.create_table(
        "fact",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When it was added."),
        sa.Column("subject", sa.Text(), nullable=False, comment="What it is about: author/slug, or a name."),
        sa.Column("metric", sa.Text(), nullable=False, comment="What is told: released_on, parameters, a meter, a benchmark …"),
        sa.Column("value", sa.Text(), nullable=False, comment="Number, day or license id, exact."),
        sa.Column("happened_on", sa.Date(), nullable=True, comment="Day on which it was so, UTC; NULL where it has none."),
        sa.Column("says", sa.Text(), nullable=False, comment="Who says so."),
        sa.Column("url", sa.Text(), nullable=False, comment="Where it can be read."),
        sa.PrimaryKeyConstraint("id", name=op.f("fact_pkey")),
        schema="ledger",
        comment="Facts with a citation, added by a person where no source carries them; only inserted.",
    )
    op.create_table(
        "claim_verdict",
        sa.Column("claim_id", sa.Text(), nullable=False, comment="The claim's."),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False, comment="When it was checked."),
        sa.Column("verdict", sa.Text(), nullable=False, comment="supported, contradicted, mixed, undecidable, open or opinion."),
        sa.Column("was", sa.Text(), nullable=True, comment="The verdict before; NULL for the first."),
        sa.Column("inconsistent", sa.Boolean(), nullable=False, comment="Whether the claim disagrees with its own numbers."),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, one or two sentences."),
        sa.Column("computed_value", sa.Text(), nullable=True, comment="What was found, with its unit; NULL where nothing was."),
        sa.Column("confidence", sa.Text(), nullable=True, comment="high, medium or low; NULL where nothing was judged."),
        sa.Column("evidence", postgresql.JSONB(), nullable=False, comment="The rows it rests on."),
        sa.Column("checker_version", sa.Text(), nullable=False, comment="Version of the checkers."),
        sa.PrimaryKeyConstraint("claim_id", "checked_at", name=op.f("claim_verdict_pkey")),
        schema="ledger",
        comment="Every verdict on every claim; only inserted.",
    )
    op.create_table(
        "author",
        sa.Column("author", sa.Text(), nullable=False, comment="Who makes models, one spelling for all sources."),
        sa.Column(
            "country",
            sa.Text(),
            nullable=True,
            comment="ISO 3166-1 alpha-2 code of its seat, from reviewed facts; NULL where not reviewed.",
        ),
        sa.Column(
            "provider_id", sa.Text(), nullable=True, comment="The provider that is the author itself; NULL where it is not known to sell."
        ),
        sa.PrimaryKeyConstraint("author", name=op.f("author_pkey")),
        schema="ledger",
        comment="Who makes the models that names are resolved to; derived, made anew with the names.",
    )
    op.create_table(
        "model",
        sa.Column("model", sa.Text(), nullable=False, comment="Canonical author/slug."),
        sa.Column("author", sa.Text(), nullable=False, comment="Who makes it."),
        sa.Column("slug", sa.Text(), nullable=False, comment="Its name without the author."),
        sa.Column(
            "size", sa.Text(), nullable=True, comment="Number of weights as the name says it, such as 70b or 8x7b; NULL where it says none."
        ),
        sa.Column(
            "active", sa.Text(), nullable=True, comment="Weights used per token as the name says it, such as a3b; NULL where it says none."
        ),
        sa.Column("version", sa.Text(), nullable=True, comment="Version as the name says it; NULL where it says none."),
        sa.Column(
            "variant",
            sa.Text(),
            nullable=True,
            comment="instruct, it, chat, base, pt, thinking, reasoning, non-reasoning or preview; NULL where none is named.",
        ),
        sa.Column(
            "open_weights",
            sa.Boolean(),
            nullable=True,
            comment="False where reviewed facts say that its author has published no weights; NULL elsewhere.",
        ),
        sa.ForeignKeyConstraint(["author"], ["ledger.author.author"], name=op.f("model_author_fkey")),
        sa.PrimaryKeyConstraint("model", name=op.f("model_pkey")),
        schema="ledger",
        comment="Every model that a name is resolved to; derived, made anew with the names.",
    )
    op.create_index(op.f("model_author_idx"), "model", ["author"], unique=False, schema="ledger")
    op.create_table(
        "alias",
        sa.Column("provider_id", sa.Text(), nullable=False, comment="Who bills under this name; empty for a name that is no provider's."),
        sa.Column("name", sa.Text(), nullable=False, comment="The name, as spelled."),
        sa.Column("model", sa.Text(), nullable=True, comment="Canonical author/slug; NULL while unresolved."),
        sa.Column("basis", sa.Text(), nullable=False, comment="stated, reviewed, author, family, maker or unresolved."),
        sa.Column("dated", sa.Text(), nullable=True, comment="Edition that the name says, ISO date."),
        sa.Column("quantization", sa.Text(), nullable=True, comment="Packing of the weights that the name says, such as fp8."),
        sa.Column("plan", sa.Text(), nullable=True, comment="Plan that the name says, such as free."),
        sa.Column("stamp", sa.Text(), nullable=False, comment="Hash of the rules and of what sources state, of which it was made."),
        sa.ForeignKeyConstraint(["model"], ["ledger.model.model"], name=op.f("alias_model_fkey")),
        sa.PrimaryKeyConstraint("provider_id", "name", name=op.f("alias_pkey")),
        schema="ledger",
        comment="Every name, the model it stands for and what that rests on; derived: names that are new by each run, all when rules or"
        " statements change.",
    )
    op.create_index(op.f("alias_model_idx"), "alias", ["model"], unique=False, schema="ledger")
    op.create_table(
        "score",
        sa.Column("subject_id", sa.Integer(), nullable=False, comment="The model, as its source names it."),
        sa.Column("benchmark", sa.Text(), nullable=False, comment="The test."),
        sa.Column(
            "effort", sa.Text(), nullable=True, comment="How hard it was let think, as the source spells it; NULL where that is not said."
        ),
        sa.Column("harness", sa.Text(), nullable=True, comment="What ran the test; NULL where the source does not name it."),
        sa.Column("day", sa.Date(), nullable=False, comment="UTC day that the source states for it, else the one it was read on."),
        sa.Column("value", sa.Numeric(), nullable=False, comment="The result, in the test's own unit."),
        sa.Column("low", sa.Numeric(), nullable=True, comment="Lower bound of the interval that the source gives, in the same unit."),
        sa.Column("high", sa.Numeric(), nullable=True, comment="Upper bound of that interval."),
        sa.Column(
            "self_reported", sa.Boolean(), nullable=True, comment="Said by the model's author; NULL where it is not said who measured."
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["ledger.subject.id"], name=op.f("score_subject_id_fkey")),
        sa.UniqueConstraint(
            "subject_id",
            "benchmark",
            "effort",
            "harness",
            "day",
            name=op.f("score_subject_id_benchmark_effort_harness_day_key"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="ledger",
        comment="Results of tests, first reading of each day.",
    )
    op.create_table(
        "machine",
        sa.Column("machine_id", sa.Text(), nullable=False, comment="Twelve digits, the same for machines of one make."),
        sa.Column("name", sa.Text(), nullable=False, comment="Its accelerators, else its processor and cores, as people call it."),
        sa.Column(
            "described",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Processor, cores, memory in bytes, accelerators, driver, system.",
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When it last measured."),
        sa.PrimaryKeyConstraint("machine_id", name=op.f("machine_pkey")),
        schema="ledger",
        comment="Machines that measured.",
    )
    op.create_table(
        "artifact",
        sa.Column("sha256", sa.Text(), nullable=False, comment="SHA-256 of the file, or of its parts' hashes; 64 hexadecimal digits."),
        sa.Column("repository", sa.Text(), nullable=True, comment="The Hub's, as author/name; NULL for a file of this machine."),
        sa.Column("revision", sa.Text(), nullable=True, comment="Commit of the repository; NULL for a file of this machine."),
        sa.Column("file", sa.Text(), nullable=False, comment="Its name."),
        sa.Column("model", sa.Text(), nullable=True, comment="Canonical author/slug; NULL while unresolved."),
        sa.Column("quantization", sa.Text(), nullable=False, comment="How most weights are stored, such as Q4_K."),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="Bytes of all tensors."),
        sa.Column("parameters", sa.BigInteger(), nullable=False, comment="Number of weights."),
        sa.Column("token_bytes", sa.BigInteger(), nullable=False, comment="Bytes of weights read for every decoded token."),
        sa.Column(
            "cache_bytes", sa.BigInteger(), nullable=False, comment="Bytes that one earlier token adds to every later one's reading."
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("artifact_pkey")),
        schema="ledger",
        comment="Model files that were measured.",
    )
    op.create_table(
        "probe",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("job", sa.BigInteger(), nullable=True, comment="Number of the job that asked for it; NULL when a person did."),
        sa.Column("sha256", sa.Text(), nullable=False, comment="The artifact."),
        sa.Column("machine_id", sa.Text(), nullable=False, comment="The machine."),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When it was done."),
        sa.Column("build", sa.Text(), nullable=False, comment="What measured, with its version."),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Threads, layers on accelerators, batch sizes, flash attention (-1 is automatic).",
        ),
        sa.Column(
            "bytes_per_s",
            sa.Double(),
            nullable=True,
            comment="Memory bandwidth, bytes a second: measured, or the data sheet's; NULL where unknown.",
        ),
        sa.Column("ttft_ms", sa.Double(), nullable=True, comment="A short chat's time to its first word, milliseconds."),
        sa.Column("itl_ms", sa.Double(), nullable=True, comment="Time between its later words, milliseconds, median."),
        sa.Column(
            "joules_per_token",
            sa.Double(),
            nullable=True,
            comment="Energy of the accelerators over tokens, joules; NULL where they do not count it.",
        ),
        sa.Column(
            "sessions",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Each session's exit, last words, load and limits, the invalid ones included.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("probe_pkey")),
        sa.UniqueConstraint("job", name=op.f("probe_job_key")),
        schema="ledger",
        comment="Measurements; only inserted.",
    )
    op.create_index(op.f("probe_sha256_idx"), "probe", ["sha256"], unique=False, schema="ledger")
    op.create_table(
        "probe_result",
        sa.Column("probe_id", sa.Integer(), nullable=False, comment="The measurement."),
        sa.Column("test", sa.Text(), nullable=False, comment="pp512, tg128, tg128 @ d2048, …"),
        sa.Column("n_prompt", sa.Integer(), nullable=False, comment="Tokens of the prompt."),
        sa.Column("n_gen", sa.Integer(), nullable=False, comment="Tokens generated."),
        sa.Column("n_depth", sa.Integer(), nullable=False, comment="Tokens in the cache before."),
        sa.Column("tps", sa.Double(), nullable=False, comment="Tokens a second."),
        sa.Column("tps_lo", sa.Double(), nullable=False, comment="Lower end of the 95% interval."),
        sa.Column("tps_hi", sa.Double(), nullable=False, comment="Upper end of the 95% interval."),
        sa.Column(
            "limit_tps", sa.Double(), nullable=True, comment="The roofline, tokens a second; NULL where the machine's edges are unknown."
        ),
        sa.Column("sessions", sa.Integer(), nullable=False, comment="Sessions used."),
        sa.Column("repetitions", sa.Integer(), nullable=False, comment="Repetitions used."),
        sa.Column("verdict", sa.Text(), nullable=False, comment="measured, imprecise or noisy."),
        sa.Column("reason", sa.Text(), nullable=True, comment="One sentence where it is not measured."),
        sa.ForeignKeyConstraint(["probe_id"], ["ledger.probe.id"], name=op.f("probe_result_probe_id_fkey")),
        sa.PrimaryKeyConstraint("probe_id", "test", name=op.f("probe_result_pkey")),
        schema="ledger",
        comment="Each test of a measurement.",
    )
    op.create_table(
        "throughput_claim",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("model", sa.Text(), nullable=False, comment="As claimed; author/slug where it is one."),
        sa.Column("quantization", sa.Text(), nullable=True, comment="As claimed; NULL where it is not said."),
        sa.Column("hardware", sa.Text(), nullable=False, comment="As claimed."),
        sa.Column("test", sa.Text(), nullable=False, comment="pp512, tg128, …"),
        sa.Column("streams", sa.Integer(), nullable=False, comment="Answers made at once."),
        sa.Column("tps", sa.Double(), nullable=False, comment="Tokens a second, claimed."),
        sa.Column("source", sa.Text(), nullable=False, comment="Who claims it, with an address."),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="Whether it was taken back."),
        sa.Column(
            "added_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was written down here.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("throughput_claim_pkey")),
        sa.UniqueConstraint(
            "model",
            "quantization",
            "hardware",
            "test",
            "streams",
            "source",
            name="throughput_claim_once",
            postgresql_nulls_not_distinct=True,
        ),
        schema="ledger",
        comment="Rates that others claim.",
    )


def downgrade() -> None:
    op.drop_table("throughput_claim", schema="ledger")
    op.drop_table("probe_result", schema="ledger")
    op.drop_index(op.f("probe_sha256_idx"), table_name="probe", schema="ledger")
    op.drop_table("probe", schema="ledger")
    op.drop_table("artifact", schema="ledger")
    op.drop_table("machine", schema="ledger")
    op.drop_table("claim_verdict", schema="ledger")
    op.drop_table("fact", schema="ledger")
    op.drop_table("claim", schema="ledger")
    op.drop_table("score", schema="ledger")
    op.drop_index(op.f("alias_model_idx"), table_name="alias", schema="ledger")
    op.drop_table("alias", schema="ledger")
    op.drop_index(op.f("model_author_idx"), table_name="model", schema="ledger")
    op.drop_table("model", schema="ledger")
    op.drop_table("author", schema="ledger")
    op.drop_index(op.f("model_license_model_idx"), table_name="model_license", schema="ledger")
    op.drop_table("model_license", schema="ledger")
    op.drop_table("license", schema="ledger")
    op.drop_table("forecast_trial", schema="ledger")
    op.drop_table("forecast_score", schema="ledger")
    op.drop_index(op.f("forecast_target_on_idx"), table_name="forecast", schema="ledger")
    op.drop_table("forecast", schema="ledger")
    op.drop_table("effective_price", schema="ledger")
    op.drop_table("tariff", schema="ledger")
    op.drop_table("rate", schema="ledger")
    op.drop_index("statement_native_idx", table_name="statement", schema="ledger", postgresql_where=sa.text("native is not null"))
    op.drop_table("statement", schema="ledger")
    op.drop_index(op.f("standing_line_id_idx"), table_name="standing", schema="ledger")
    op.drop_table("standing", schema="ledger")
    op.drop_index(op.f("review_line_id_seen_at_idx"), table_name="review", schema="ledger")
    op.drop_table("review", schema="ledger")
    op.drop_table("quarantine", schema="ledger")
    op.drop_index(op.f("move_changed_at_idx"), table_name="move", schema="ledger")
    op.drop_table("move", schema="ledger")
    op.drop_index(op.f("belief_valid_to_idx"), table_name="belief", schema="ledger")
    op.drop_table("belief", schema="ledger")
    op.drop_table("sighting", schema="ledger")
    op.drop_table("service", schema="ledger")
    op.drop_table("price_line", schema="ledger")
    op.drop_table("listing", schema="ledger")
    op.drop_index(op.f("listed_offer_id_idx"), table_name="listed", schema="ledger")
    op.drop_table("listed", schema="ledger")
    op.drop_index(op.f("event_source_id_what_idx"), table_name="event", schema="ledger")
    op.drop_table("event", schema="ledger")
    op.drop_index(op.f("fetch_url_fetched_at_idx"), table_name="fetch", schema="ledger")
    op.drop_index(op.f("fetch_sha256_idx"), table_name="fetch", schema="ledger")
    op.drop_index(op.f("fetch_run_id_idx"), table_name="fetch", schema="ledger")
    op.drop_table("fetch", schema="ledger")
    op.drop_index(op.f("carded_subject_id_idx"), table_name="carded", schema="ledger")
    op.drop_table("carded", schema="ledger")
    op.drop_table("card", schema="ledger")
    op.drop_table("adoption", schema="ledger")
    op.drop_index(op.f("subject_model_idx"), table_name="subject", schema="ledger")
    op.drop_table("subject", schema="ledger")
    op.drop_table("scope", schema="ledger")
    op.drop_index(op.f("run_source_id_started_at_idx"), table_name="run", schema="ledger")
    op.drop_table("run", schema="ledger")
    op.drop_index(op.f("offer_thing_idx"), table_name="offer", schema="ledger")
    op.drop_index(op.f("offer_model_idx"), table_name="offer", schema="ledger")
    op.drop_table("offer", schema="ledger")
    op.drop_table("source", schema="ledger")
    op.drop_table("page", schema="ledger")
    op.drop_table("floor_day", schema="ledger")
    op.drop_table("floor_series", schema="ledger")
