"""Published rates as files tell them: llama-bench's own output, LocalScore's results, InferenceX's results."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from market import accelerators
from market.errors import MarketError

MOST = 100_000
_TEST = re.compile(r"(pp|tg)\d{1,7}(?: @ d\d{1,7})?")
_QUANTIZATION = re.compile(r"\b(I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d|BF16|F16|F32|MXFP4|FP8|FP4)\b", re.IGNORECASE)


class BadScoreboard(MarketError):
    """The file of rates could not be read."""


@dataclass(frozen=True, slots=True)
class ClaimedRate:
    """A rate that somebody claims.

    Attributes:
        model: as claimed, or as the reader names it.
        file: the model file's name, where it is said.
        quantization: in the words of our own artifacts; None where it is not said.
        hardware: as its driver names it where our table has it, else as claimed; `2 × NAME` for several.
        test: pp512, tg128, tg128 @ d2048; `pp` and `tg` alone for a mean over several lengths.
        streams: answers made at once.
    """

    model: str
    hardware: str
    test: str
    tps: float
    quantization: str | None = None
    file: str | None = None
    streams: int = 1


def read(text: str, name: str, model: str | None = None, hardware: str | None = None) -> list[ClaimedRate] | None:
    """The rates in a file; None where it is no scoreboard of a kind known here.

    Args:
        model: what the file's models are to be called; for a file of one model.
        hardware: what it was measured on, where the file does not say.

    Raises:
        BadScoreboard: it is one, and holds nothing that can be kept.
    """
    entries = _entries(text)
    reader = next((reader for mark, reader in _READERS.items() if entries and mark in entries[0]), None)
    if reader is None:
        return None
    found: dict[ClaimedRate, None] = {}
    for place, entry in enumerate(entries[:MOST], 1):
        try:
            found |= dict.fromkeys(reader(entry, model, hardware))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadScoreboard(f"{name}: entry {place} is not as the others are ({type(error).__name__}: {error}).") from None
    if any(not rate.hardware for rate in found):
        raise BadScoreboard(f"{name} does not say on what it was measured; give --hardware.")
    if not found:
        raise BadScoreboard(f"{name} holds no rate of a prompt (pp512) or of an answer (tg128).")
    return list(found)


def _entries(text: str) -> list[dict[str, Any]]:
    """The entries of a file as tables, whatever its format; none where it has none."""
    start = text.lstrip()[:1]
    try:
        found = json.loads(text) if start in ("[", "{") else None
    except ValueError:
        found = _lines(text)
    if found is None:
        found = _markdown(text) or _commas(text)
    several = found if isinstance(found, list) else [found]
    return [entry for entry in several if isinstance(entry, dict)]


def _lines(text: str) -> list[Any]:
    """JSON, one entry a line."""
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return []


def _commas(text: str) -> list[dict[str, Any]]:
    try:
        rows = list(csv.DictReader(text.splitlines()))
    except csv.Error:
        return []
    return [dict(row) for row in rows] if rows and "avg_ts" in rows[0] else []


def _markdown(text: str) -> list[dict[str, Any]]:
    """The rows of tables that have a column `t/s`."""
    found, names = [], list[str]()
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            names = []
        elif "t/s" in cells:
            names = cells
        elif names and len(cells) == len(names) and not set(line) <= set("|-: "):
            found.append(dict(zip(names, cells, strict=True)))
    return found


def _llama_bench(entry: Mapping[str, Any], model: str | None, hardware: str | None) -> Iterator[ClaimedRate]:
    prompt, made, depth = (int(entry.get(key) or 0) for key in ("n_prompt", "n_gen", "n_depth"))
    if prompt and made:
        return
    on_cpu = not int(entry.get("n_gpu_layers") or 0) or not entry.get("gpu_info")
    machine = f"{entry.get('cpu_info') or ''}, {entry.get('n_threads')} cores" if on_cpu else str(entry["gpu_info"])
    kind, file = str(entry.get("model_type") or ""), re.split(r"[/\\]", str(entry.get("model_filename") or ""))[-1] or None
    test = (f"tg{made}" if made else f"pp{prompt}") + (f" @ d{depth}" if depth else "")
    told = hardware or (machine if machine.strip(" ,") and not machine.startswith(",") else "")
    yield _rate(model or file or kind, told, test, entry["avg_ts"], kind or file, file)


def _table(entry: Mapping[str, Any], model: str | None, hardware: str | None) -> Iterator[ClaimedRate]:
    if _TEST.fullmatch(entry["test"]):
        yield _rate(model or entry["model"], hardware or "", entry["test"], entry["t/s"].split("±")[0], entry["model"])


def _localscore(entry: Mapping[str, Any], model: str | None, hardware: str | None) -> Iterator[ClaimedRate]:
    for result in entry["results"]:
        told = hardware or (result.get("accelerator") or {}).get("name") or result.get("accelerator_name") or ""
        for test, key in (("pp", "avg_prompt_tps"), ("tg", "avg_gen_tps")):
            yield _rate(model or entry["model"]["name"], told, test, result[key], entry["model"].get("quant"))


def _inference_x(entry: Mapping[str, Any], model: str | None, hardware: str | None) -> Iterator[ClaimedRate]:
    """One entry tells the output of one accelerator, of so many that share the work."""
    count = int(entry["tp"])
    name = hardware or str(entry["hw"]).partition("-")[0]
    card = accelerators.rented(name, None)
    one = card.name if card else name
    told = one if count == 1 else f"{count} × {one}"
    tps = float(entry["output_tput_per_gpu"]) * count
    yield _rate(model or entry["model"], told, "tg", tps, entry.get("precision"), streams=int(entry["conc"]))


_READERS = {"avg_ts": _llama_bench, "t/s": _table, "results": _localscore, "output_tput_per_gpu": _inference_x}


def _rate(model: Any, hardware: str, test: str, tps: Any, quantization: Any, file: str | None = None, streams: int = 1) -> ClaimedRate:
    value = float(tps)
    if not 0 < value < 1e9:
        raise ValueError(f"{tps} is no rate")
    if streams < 1:
        raise ValueError(f"{streams} answers at once")
    said = _QUANTIZATION.search(str(quantization or "").replace(" - ", "_"))
    return ClaimedRate(str(model)[:300], _named(hardware)[:300], test, value, _plain(said[0]) if said else None, file, streams)


def _plain(quantization: str) -> str:
    """How most weights are stored: `Q4_K` of `Q4_K_M`."""
    return re.sub(r"_(XXS|XS|S|M|L|XL|MEDIUM|SMALL|LARGE)$", "", quantization.upper())


def _named(hardware: str) -> str:
    """The name in our table of accelerators, where it is there."""
    card = accelerators.named(hardware)
    return card.name if card else " ".join(hardware.split())
