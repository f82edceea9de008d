"""How a fetch can fail; each is one plain sentence."""

from market.errors import MarketError


class FetchFailed(MarketError):
    """The page could not be fetched."""


class HostUnreachable(FetchFailed):
    """The host could not be reached at all."""


class TimedOut(FetchFailed):
    """The whole answer did not come in time."""


class Oversize(FetchFailed):
    """The page is larger than modelmarket reads."""


class FetchRefused(MarketError):
    """This address is not one that modelmarket fetches."""


class RobotsRefused(FetchRefused):
    """The host's robots.txt does not allow the page, or did not say."""
