"""What data sheets say that accelerators can do, each with the sheet's address; market/accelerators.toml holds the table."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from market.roofline import Roof


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A line of the table; bytes a second, operations a second (None where the sheet has none), bytes."""

    name: str
    also: tuple[str, ...]
    bytes_per_s: float
    flops: float | None
    memory_bytes: int
    source: str

    @property
    def roof(self) -> Roof:
        """Its edges."""
        return Roof(self.bytes_per_s, self.flops, self.memory_bytes)


@cache
def table() -> tuple[Accelerator, ...]:
    """Every accelerator known."""
    lines = tomllib.loads(files("market").joinpath("accelerators.toml").read_text())["accelerator"]
    return tuple(
        Accelerator(
            line["name"],
            tuple(line["also"]),
            line["gb_per_s"] * 1e9,
            line["teraflops"] * 1e12 if "teraflops" in line else None,
            round(line["memory_gb"] * 1e9),
            line["source"],
        )
        for line in lines
    )


def named(text: str) -> Accelerator | None:
    """The accelerator of this name as a driver or a claim spells it; None where the table has none."""
    plain = " ".join(text.lower().replace("nvidia", "").replace("geforce", "").replace("amd", "").replace("instinct", "").split())
    return next((one for one in table() if plain == one.name.lower() or plain in one.also), None)
