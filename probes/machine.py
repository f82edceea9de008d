"""What machine this is: processor, memory and, through NVML where there is one, accelerators; never its name or address."""

import hashlib
import platform
import re
import statistics
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from probes import stream


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One accelerator as NVML names it; memory in bytes."""

    name: str
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's fingerprint.

    Attributes:
        cores: processors that a measuring process may use, one thread each.
        memory_bytes: what it may use: in a container with a limit, that.
        flags: those of the processor's instructions that decide how fast it multiplies.
        driver: the accelerators' driver, empty without one.
    """

    cpu: str
    cores: int
    memory_bytes: int
    flags: tuple[str, ...]
    accelerators: tuple[Accelerator, ...]
    driver: str
    system: str

    @property
    def machine_id(self) -> str:
        """Twelve hexadecimal digits, the same for machines of the same make."""
        # What the kernel leaves of the memory differs by some megabytes from start to start.
        parts = (self.cpu, self.cores, round(self.memory_bytes / 2**30), self.accelerators, platform.machine())
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

    @property
    def accelerator_bytes(self) -> int:
        """Memory of all accelerators, bytes."""
        return sum(one.memory_bytes for one in self.accelerators)

    def described(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {"machine_id": self.machine_id, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Reading:
    """What accelerators did at one instant: watts together, the hottest's °C, the slowest's MHz, and whether one was slowed."""

    watts: float | None
    celsius: float | None
    megahertz: float | None
    throttled: bool | None


class Nvml:
    """NVIDIA's management library; as good as absent where it cannot be loaded.

    Args:
        library: a module with NVML's functions under their names in nvidia-ml-py; None for the real one.
    """

    SLOWED = 0x08 | 0x20 | 0x40 | 0x80  # hardware slowdown, software and hardware thermal slowdown, power brake

    def __init__(self, library: Any = None) -> None:
        self.library = library or _nvml()
        self.devices: list[Any] = []
        if self.library:
            try:
                self.library.nvmlInit()
                self.devices = [self.library.nvmlDeviceGetHandleByIndex(at) for at in range(self.library.nvmlDeviceGetCount())]
            except self.library.NVMLError:
                self.library = None

    def accelerators(self) -> tuple[Accelerator, ...]:
        """Every accelerator that NVML lists and that answers."""
        found = []
        for one in self.devices:
            with suppress(self.library.NVMLError):  # a card that has failed still has its place
                name, total = self.library.nvmlDeviceGetName(one), self.library.nvmlDeviceGetMemoryInfo(one).total
                found.append(Accelerator(name.decode() if isinstance(name, bytes) else name, int(total)))
        return tuple(found)

    def driver(self) -> str:
        """The driver's version, empty without one."""
        if not self.library:
            return ""
        with suppress(self.library.NVMLError):
            said = self.library.nvmlSystemGetDriverVersion()
            return said.decode() if isinstance(said, bytes) else str(said)
        return ""

    def reading(self) -> Reading | None:
        """What they do now; None without NVML. What a card does not tell is None."""
        if not self.library or not self.devices:
            return None
        watts = [value for one in self.devices if (value := self._ask("nvmlDeviceGetPowerUsage", one)) is not None]
        heat = [value for one in self.devices if (value := self._ask("nvmlDeviceGetTemperature", one, 0)) is not None]
        clocks = [value for one in self.devices if (value := self._ask("nvmlDeviceGetClockInfo", one, 1)) is not None]
        why = [value for one in self.devices if (value := self._ask("nvmlDeviceGetCurrentClocksThrottleReasons", one)) is not None]
        return Reading(
            sum(watts) / 1000 if watts else None, max(heat, default=None), min(clocks, default=None),
            any(int(value) & self.SLOWED for value in why) if why else None,
        )  # fmt: skip

    def joules(self) -> float | None:
        """Energy that all of them have used since their driver was loaded; None where one does not count it."""
        counted = [self._ask("nvmlDeviceGetTotalEnergyConsumption", one) for one in self.devices]
        return sum(value for value in counted if value is not None) / 1000 if counted and None not in counted else None

    def _ask(self, name: str, *given: Any) -> float | None:
        with suppress(self.library.NVMLError, AttributeError):
            return float(getattr(self.library, name)(*given))
        return None


class Readings:
    """Reads accelerators every so often while its block runs; `together` says afterwards what they did.

    Args:
        every: seconds between readings.
    """

    def __init__(self, cards: Nvml, every: float = 0.5) -> None:
        self.cards, self.every, self.taken = cards, every, list[Reading]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        """Begins to read."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Ends."""
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        while (reading := self.cards.reading()) is not None:
            self.taken.append(reading)
            if self._over.wait(self.every):
                return

    def together(self) -> Reading | None:
        """Mean watts, the highest temperature, the median clock, and whether one was ever slowed; None without NVML."""
        if not self.taken:
            return None
        watts = [one.watts for one in self.taken if one.watts is not None]
        clocks = [one.megahertz for one in self.taken if one.megahertz is not None]
        slowed = [one.throttled for one in self.taken if one.throttled is not None]
        return Reading(
            statistics.fmean(watts) if watts else None, max((one.celsius for one in self.taken if one.celsius is not None), default=None),
            statistics.median(clocks) if clocks else None, any(slowed) if slowed else None,
        )  # fmt: skip


def _nvml() -> Any:
    with suppress(ImportError):
        import pynvml

        return pynvml
    return None


def _processor() -> tuple[str, set[str]]:
    """The processor's name and its instructions, as Linux tells them; the platform's word for it elsewhere."""
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text()
        name = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
        flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
        return name[1].strip() if name else platform.machine(), set(flags[1].split()) if flags else set()
    return platform.processor() or platform.machine(), set()


def granted(total: int, groups: str, root: Path) -> int:
    """Bytes of memory that a process may use: the least of the machine's and of what each of its control groups allows.

    Args:
        groups: the process's control groups, as `/proc/self/cgroup` has them.
        root: where they are mounted.
    """
    least = total
    for line in groups.splitlines():
        number, kinds, path = line.split(":", 2)
        if number != "0" and "memory" not in kinds.split(","):
            continue
        at, name = (root, "memory.max") if number == "0" else (root / "memory", "memory.limit_in_bytes")
        own = at / path.strip("/")
        for folder in (own, *own.parents):
            with suppress(OSError, ValueError):  # where nothing is limited, the file is not there or says `max`
                least = min(least, int((folder / name).read_text()))
            if folder == at:
                break
    return least


def _memory() -> int:
    total: int = psutil.virtual_memory().total
    with suppress(OSError):
        return granted(total, Path("/proc/self/cgroup").read_text(), Path("/sys/fs/cgroup"))
    return total


TELLING = {"avx", "avx2", "avx512f", *stream.NARROW}


def machine(nvml: Nvml | None = None) -> Machine:
    """This machine."""
    cards = nvml or Nvml()
    name, flags = _processor()
    return Machine(
        cpu=name,
        cores=stream.cores(),
        memory_bytes=_memory(),
        flags=tuple(sorted(flags & TELLING)),
        accelerators=cards.accelerators(),
        driver=cards.driver(),
        system=f"{platform.system()} {platform.machine()}",
    )
