"""Every error a user may read; a class's docstring is its default message."""

import inspect


class MarketError(Exception):
    """Something in modelmarket went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.getdoc(type(self)))


class SourceChanged(MarketError):
    """The page does not have the shape this source is known by; nothing was read from it."""


class UnknownUnit(MarketError):
    """A price came in a unit that modelmarket does not know; add the meter to market/units.py."""


class Misused(MarketError):
    """The command was called in a way that it does not understand; see --help."""


class BadArtifact(MarketError):
    """This file is not a GGUF that can be measured."""


class ProbeInvalid(MarketError):
    """The measurement did not come to an end that can be trusted; nothing was published."""
