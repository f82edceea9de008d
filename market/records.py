"""Frozen facts that a source's page may yield; what crosses from collector and probes into the ledger.

`provider` and `model_key` are spelled as the source spells them; `PROVIDER/MODEL` is the `source_key`.
Unknown is None everywhere: never a guess, never 0.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """An endpoint on sale under one plan, as one source lists it, priced or not.

    Attributes:
        endpoint: the source's own discriminator where a provider lists one model twice.
        mode: chat, completion, embedding, image, audio, video, rerank, moderation, search, ocr or other.
        model: canonical `author/slug`, only where the source itself states it.
        host: who serves, where that is not who bills.
        variable: the source says the price varies (OpenRouter's -1).
        status: the source's own word (alpha, beta, deprecated, …).
        replacement: what the source says takes its place, as that source spells it.
        alias_of: where the source says that this name leads now, as that source spells it.
    """

    provider: str
    model_key: str
    endpoint: str | None = None
    plan: str = "standard"
    name: str | None = None
    mode: str | None = None
    model: str | None = None
    host: str | None = None
    quantization: str | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    variable: bool = False
    status: str | None = None
    released_on: date | None = None
    retires_on: date | None = None
    replacement: str | None = None
    alias_of: str | None = None
    open_weights: bool | None = None
    evidence_url: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What one source says one meter of one offer costs.

    Attributes:
        usd: USD per the meter's unit (market/units.py); None only where `native` is in another currency.
        condition: canonical text of `market.units.Condition`, None for the unconditional price.
        stated_from: when the source says the price begins (inclusive), None where it does not say.
        stated_to: when the source says the price ends (exclusive), None where it does not say.
        native: the amount per the meter's unit in `currency`, where that is not USD.
    """

    provider: str
    model_key: str
    meter: str
    usd: Decimal | None
    endpoint: str | None = None
    plan: str = "standard"
    condition: str | None = None
    stated_from: datetime | None = None
    stated_to: datetime | None = None
    currency: str = "USD"
    native: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """What one source says about a model, whoever serves it; `model_key` is the source's own id of it.

    Attributes:
        model: canonical `author/slug`, only where the source's id is one.
        created_at: when the source says the entry or repository was made.
        license_tag: the tag as given, never a verdict on the license.
        license_files: names of the files at the top of its repository that look like license texts.
        parameters_total: number of weights; None for packed formats, whose counts are of storage.
        counted_as: the id under which the source counts its use, where that is another one.
        training_flop: operations that its training took, as estimated.
        training_datapoints: what it was trained on, as the source counts it: tokens, or words, of a language model.
    """

    model_key: str
    model: str | None = None
    name: str | None = None
    author: str | None = None
    created_at: datetime | None = None
    released_on: date | None = None
    open_weights: bool | None = None
    parameters_total: int | None = None
    parameters_active: int | None = None
    context_tokens: int | None = None
    license_tag: str | None = None
    base_models: tuple[str, ...] = ()
    pipeline: str | None = None
    hugging_face_id: str | None = None
    counted_as: str | None = None
    training_flop: Decimal | None = None
    training_datapoints: Decimal | None = None
    license_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """How an endpoint served lately: milliseconds to first token, tokens a second, uptime in percent."""

    provider: str
    model_key: str
    endpoint: str | None = None
    plan: str = "standard"
    ttft_ms_p50: Decimal | None = None
    tps_p50: Decimal | None = None
    uptime_1d: Decimal | None = None
    uptime_30m: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Adoption:
    """One count of a model's use; metric is downloads, likes, tokens or stars.

    Attributes:
        day: the UTC day that the source states for the count; None for the day it was read.
    """

    model_key: str
    metric: str
    value: int
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """How a model did in a test, as one source says it.

    Attributes:
        value: in the test's own unit.
        effort: how hard it was let think, as the source spells it; None where that is not said.
        harness: what ran the test, where the source names it.
        self_reported: said by the model's author; None where it is not said who measured.
        measured_on: the UTC day that the source states for it; None for the day it was read.
        low: lower bound of the interval that the source gives.
    """

    model_key: str
    benchmark: str
    value: Decimal
    effort: str | None = None
    harness: str | None = None
    self_reported: bool | None = None
    measured_on: date | None = None
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency was worth on a business day.

    Attributes:
        currency: ISO 4217 code; never USD.
        usd: USD per unit.
    """

    currency: str
    day: date
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Rental:
    """A machine with accelerators that somebody rents out by the hour, as one source says it.

    Attributes:
        provider: who rents it out, as the source spells it.
        instance: the provider's own name of the machine.
        accelerator: one of the machine's accelerators, as the source spells it.
        count: how many of them the machine has.
        memory_gb: memory of one of them, gigabytes.
        spot: it may be taken back at any time.
        usd_hour: USD an hour for the whole machine.
    """

    provider: str
    instance: str
    region: str
    accelerator: str
    count: int
    memory_gb: Decimal | None
    spot: bool
    usd_hour: Decimal


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """A price key that the source's file does not map; reported by name, with one place where it stood."""

    name: str
    where: str = field(compare=False, default="")


Record = Offer | Quote | Model | Service | Adoption | Score | Rate | Rental | UnknownKey
