"""Fixtures of the dashboard's tests: the made-up web, and a reader with the system's Chromium."""

from collections.abc import Iterator

import pytest
from house import CHROMIUM, QUIET, Reader, Web


@pytest.fixture(scope="session")
def web() -> Iterator[Web]:
    """Made-up sites, empty at first."""
    sites = Web()
    yield sites
    sites.server.shutdown()
    sites.server.server_close()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """The system's Chromium, driven by playwright; tests that need it are skipped where there is none.

    One per file, since playwright keeps an event loop running in this thread for as long as it lives.
    """
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine; install it, or name it in CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield Reader(browser)
        browser.close()
