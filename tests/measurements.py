"""A model measured on one H100, for tests of what follows from it."""

from db import probes

H100 = "NVIDIA H100 80GB HBM3"


def measured(model: str = "acme/small") -> None:
    """Keeps 4,000 tokens a second of prompt and 200 of answer."""
    result = {"n_depth": 0, "limit_ts": None, "sessions": 3, "repetitions": 30, "verdict": "measured", "reason": None}
    probes.keep(
        probes.Told(
            machine={"machine_id": "h" * 12, "name": H100, "described": {"accelerators": [{"name": H100, "memory_bytes": 85_000_000_000}]}},
            artifact={
                "sha256": "a" * 64, "repository": f"{model}-gguf", "revision": "c", "file": "small.gguf", "model": model,
                "quantization": "Q4_K", "size": 10**9, "parameters": 10**9, "token_bytes": 10**9, "cache_bytes": 1000,
            },
            probe={
                "build": "b1", "settings": {}, "bytes_per_s": None, "ttft_ms": None, "itl_ms": None, "joules_per_token": None, "sessions": [],
            },
            results=[
                result | {"test": "pp512", "n_prompt": 512, "n_gen": 0, "avg_ts": 4000.0, "ts_lo": 3900.0, "ts_hi": 4100.0},
                result | {"test": "tg128", "n_prompt": 0, "n_gen": 128, "avg_ts": 200.0, "ts_lo": 190.0, "ts_hi": 210.0},
            ],
        ),
        None,
    )  # fmt: skip
