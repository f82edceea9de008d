"""What data sheets say that accelerators can do, each with the sheet's address; market/accelerators.toml holds the table."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from market.roofline import Roof


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A line of the table; bytes a second, operations a second (None where the sheet has none), bytes.

    Attributes:
        name: as its driver gives it.
        rented: what lists of machines for rent call it.
        source: the maker's sheet.
        read_at: where its figures were read.
    """

    name: str
    also: tuple[str, ...]
    rented: tuple[str, ...]
    bytes_per_s: float
    flops: float | None
    memory_bytes: int
    source: str
    read_at: str

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
            tuple(line.get("rented", ())),
            line["gb_per_s"] * 1e9,
            line["teraflops"] * 1e12 if "teraflops" in line else None,
            round(line["memory_gb"] * 1e9),
            line["source"],
            line["read_at"],
        )
        for line in lines
    )


def named(text: str) -> Accelerator | None:
    """The accelerator of this name as a driver or a claim spells it; None where the table has none."""
    plain = " ".join(text.lower().replace("nvidia", "").replace("geforce", "").replace("amd", "").replace("instinct", "").split())
    return next((one for one in table() if plain == one.name.lower() or plain in one.also), None)


def rented(text: str, memory_gb: Decimal | None) -> Accelerator | None:
    """The accelerator that a list of machines for rent means; None where the table has none of this name and memory."""
    plain = "".join(text.lower().split())
    for one in table():
        if plain in one.rented and (memory_gb is None or abs(float(memory_gb) * 1e9 - one.memory_bytes) <= 2e9):
            return one
    return None
