"""Schema `ledger`, continued: what we measured ourselves, of which file, on which machine, and what others claim."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from db.columns import AT, metadata, numbered, to

__all__ = ["metadata"]

machine = Table(
    "machine",
    metadata,
    Column("machine_id", Text, primary_key=True, comment="Twelve digits, the same for machines of one make."),
    Column("name", Text, nullable=False, comment="Its accelerators, else its processor and cores, as people call it."),
    Column("described", JSONB, nullable=False, comment="Processor, cores, memory in bytes, accelerators, driver, system."),
    Column("seen_at", AT, nullable=False, server_default=text("now()"), comment="When it last measured."),
    comment="Machines that measured.",
)

artifact = Table(
    "artifact",
    metadata,
    Column("sha256", Text, primary_key=True, comment="SHA-256 of the file, or of its parts' hashes; 64 hexadecimal digits."),
    Column("repository", Text, comment="The Hub's, as author/name; NULL for a file of this machine."),
    Column("revision", Text, comment="Commit of the repository; NULL for a file of this machine."),
    Column("file", Text, nullable=False, comment="Its name."),
    Column("model", Text, comment="Canonical author/slug; NULL while unresolved."),
    Column("quantization", Text, nullable=False, comment="How most weights are stored, such as Q4_K."),
    Column("size", BigInteger, nullable=False, comment="Bytes of all tensors."),
    Column("parameters", BigInteger, nullable=False, comment="Number of weights."),
    Column("token_bytes", BigInteger, nullable=False, comment="Bytes of weights read for every decoded token."),
    Column("cache_bytes", BigInteger, nullable=False, comment="Bytes that one earlier token adds to every later one's reading."),
    Column("token_weights", BigInteger, comment="Weights multiplied for every decoded token; NULL where measured before this was kept."),
    Column("head_weights", BigInteger, comment="Those of them that only turn states into words; NULL likewise."),
    comment="Model files that were measured.",
)

probe = Table(
    "probe",
    metadata,
    numbered(),
    Column("job", BigInteger, unique=True, comment="Number of the job that asked for it; NULL when a person did."),
    Column("sha256", Text, nullable=False, comment="The artifact."),
    Column("machine_id", Text, nullable=False, comment="The machine."),
    Column("made_at", AT, nullable=False, server_default=text("now()"), comment="When it was done."),
    Column("build", Text, nullable=False, comment="What measured, with its version."),
    Column("settings", JSONB, nullable=False, comment="Threads, layers on accelerators, batch sizes, flash attention (-1 is automatic)."),
    Column("bytes_per_s", Double, comment="Memory bandwidth, bytes a second: measured, or the data sheet's; NULL where unknown."),
    Column("ttft_ms", Double, comment="A short chat's time to its first word, milliseconds."),
    Column("itl_ms", Double, comment="Time between its later words, milliseconds, median."),
    Column("joules_per_token", Double, comment="Energy of the accelerators over tokens, joules; NULL where they do not count it."),
    Column("sessions", JSONB, nullable=False, comment="Each session's exit, last words, load and limits, the invalid ones included."),
    Index(None, "sha256"),
    comment="Measurements; only inserted.",
)

probe_result = Table(
    "probe_result",
    metadata,
    to("probe", "probe_id", "The measurement."),
    Column("test", Text, nullable=False, comment="pp512, tg128, tg128 @ d2048, …"),
    Column("n_prompt", Integer, nullable=False, comment="Tokens of the prompt."),
    Column("n_gen", Integer, nullable=False, comment="Tokens generated."),
    Column("n_depth", Integer, nullable=False, comment="Tokens in the cache before."),
    Column("tps", Double, nullable=False, comment="Tokens a second."),
    Column("tps_lo", Double, nullable=False, comment="Lower end of the 95% interval."),
    Column("tps_hi", Double, nullable=False, comment="Upper end of the 95% interval."),
    Column("limit_tps", Double, comment="The roofline, tokens a second; NULL where the machine's edges are unknown."),
    Column("sessions", Integer, nullable=False, comment="Sessions used."),
    Column("repetitions", Integer, nullable=False, comment="Repetitions used."),
    Column("verdict", Text, nullable=False, comment="measured, imprecise or noisy."),
    Column("reason", Text, comment="One sentence where it is not measured."),
    PrimaryKeyConstraint("probe_id", "test"),
    comment="Each test of a measurement.",
)

throughput_claim = Table(
    "throughput_claim",
    metadata,
    numbered(),
    Column("model", Text, nullable=False, comment="As claimed; author/slug where it is one."),
    Column("quantization", Text, comment="As claimed; NULL where it is not said."),
    Column("hardware", Text, nullable=False, comment="As its driver names it where that is known, else as claimed."),
    Column("test", Text, nullable=False, comment="pp512, tg128, …; pp and tg alone for a mean over several lengths."),
    Column("streams", Integer, nullable=False, comment="Answers made at once."),
    Column("tps", Double, nullable=False, comment="Tokens a second, claimed."),
    Column("source", Text, nullable=False, comment="Who claims it, with an address."),
    Column("withdrawn", Boolean, nullable=False, server_default=text("false"), comment="Whether it was taken back."),
    Column("added_at", AT, nullable=False, server_default=text("now()"), comment="When it was written down here."),
    Column(
        "verdict",
        Text,
        comment="verified, refuted, within_noise, possible, implausible or impossible; NULL where nothing decides.",
    ),
    Column("reason", Text, comment="Why, one sentence."),
    Column("checked_at", AT, comment="When it was last judged."),
    UniqueConstraint(
        *("model", "quantization", "hardware", "test", "streams", "source"),
        name="throughput_claim_once",
        postgresql_nulls_not_distinct=True,
    ),
    comment="Rates that others claim.",
)
