"""What Choose says of measurements: the fastest, its share of the possible, and what is unusual."""

from typing import Any

import pytest

from dashboard import probed


def row(**given: Any) -> dict[str, Any]:
    usual = {"model": "acme/small", "artifact": "acme/small-GGUF:small.gguf", "quantization": "Q4_K", "machine": "A processor, 2 cores"}
    usual |= {"decode_tps": 45.2, "tps_lo": 44.9, "tps_hi": 45.6, "decode_share": 0.62, "test": "tg128", "claimed_tps": None}
    return usual | {"verdict": "measured", "settings": {"n_gpu_layers": 0}} | given


def test_the_fastest_is_told_with_its_machine_and_its_share() -> None:
    one = "acme/small (Q4_K) makes 45.2 tokens a second on A processor, 2 cores, 62% of the possible."
    assert probed.lead([row()]) == f"Measured: {one}"
    assert probed.lead([row(), row(decode_tps=1)]) == f"Fastest of 2: {one}"
    unknown = probed.lead([row(model=None, quantization=None, decode_share=None)])
    assert unknown.startswith("Measured: acme/small-GGUF:small.gguf (unknown)") and unknown.endswith("2 cores.")
    assert probed.lead([row(decode_tps=None)]) == "1 measured; none of them decodes."


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ""),
        ({"verdict": "imprecise"}, "wider than ±2%"),
        ({"claimed_tps": 90.0, "verdict": "refuted"}, "a claim of 90.0 is refuted"),
        ({"claimed_tps": 45.0, "verdict": "verified"}, "a claim of 45.0 holds"),
        ({"test": "tg64", "settings": {"n_gpu_layers": 999}}, "measured by tg64; on accelerators"),
    ],
)
def test_what_is_unusual_is_remarked(given: dict[str, Any], said: str) -> None:
    assert probed.remark(row(**given)) == said


@pytest.mark.parametrize(("tps", "said"), [(None, "unknown"), (0.614, "0.61"), (3.0, "3.00"), (45.24, "45.2"), (3412.4, "3,412")])
def test_rates_have_three_digits(tps: float | None, said: str) -> None:
    assert probed.rate(tps) == said
