"""What was made by rules of market is made anew when the rules have changed: their files are part of its stamp."""

from functools import cache
from importlib.resources import files


@cache
def text(names: tuple[str, ...]) -> bytes:
    """The files of market of these names, one after the other."""
    return b"".join(files("market").joinpath(name).read_bytes() for name in names)
