"""A busy machine is noticed, whatever it is busy with."""

import os
import subprocess
import sys
import time

import pytest

from probes.noise import OTHERS, Load, Watch, noisy

HOG = "while True: pass"


def work(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_fault_36_a_probe_beside_processor_hogs_is_marked_noisy() -> None:
    # Of another session, and no children of this process: a shell starts them and ends.
    count = os.cpu_count() or 1
    shell = "; ".join(f"{sys.executable} -c '{HOG}' >/dev/null 2>&1 & echo $!" for _ in range(count))
    started = subprocess.run(
        ["/bin/sh", "-c", shell.replace("&;", "&")], capture_output=True, text=True, check=True, start_new_session=True
    )
    hogs = [int(number) for number in started.stdout.split()]
    assert len(hogs) == count
    try:
        time.sleep(0.5)
        with Watch() as watch:
            work(0.6)
    finally:
        for hog in hogs:
            os.kill(hog, 9)
    assert watch.load.others > 2 * OTHERS
    assert "Other processes" in (noisy(watch.load, [1.0, 1.0]) or "")


def test_one_s_own_work_is_no_noise() -> None:
    with Watch() as idle:
        time.sleep(1.0)
    with Watch() as watch:
        work(0.5)
        subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.5: pass"], check=True)
    assert watch.load.others < idle.load.others + 0.5, "its own second of two was not counted as another's"
    assert 0.9 < watch.load.seconds


@pytest.mark.parametrize(
    ("load", "samples", "says"),
    [
        (Load(1, 0.02, 0), [10, 10.1, 9.9], None),
        (Load(1, 0.02, 0), [10], None),
        (Load(1, 0.3, 0), [10, 10.1, 9.9], "Other processes used 30%"),
        (Load(1, 0.0, 0.05), [10, 10.1, 9.9], "kept 5%"),
        (Load(1, 0.0, 0), [10, 14, 7], "scatter"),
    ],
)
def test_what_is_said(load: Load, samples: list[float], says: str | None) -> None:
    said = noisy(load, samples)
    assert said is None if says is None else says in str(said)
