"""Which open models are worth measuring: a policy that a user edits, and why a model does not meet it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from importlib.resources import files
from typing import Any

from market.errors import Misused


@dataclass(frozen=True, slots=True)
class Policy:
    """What probes.toml says; market/probe_policy.toml explains every key."""

    authors: tuple[str, ...]
    license_classes: tuple[str, ...]
    downloads: int
    gigabytes: float
    days: int
    candidates: int
    budget: int

    def refuses(self, model: Mapping[str, Any], today: date) -> str | None:
        """Why a model is not measured, one sentence; None where it is.

        Args:
            model: author, license_class, downloads and released_on; None where unknown.
        """
        if self.authors and model["author"] not in self.authors:
            return f"{model['author']} is not among the authors."
        license_class = model["license_class"] or "unknown"
        if license_class not in self.license_classes:
            return f"Its license class is {license_class}."
        if (model["downloads"] or 0) < self.downloads:
            return f"It was fetched {model['downloads'] or 0:,} times, not {self.downloads:,}."
        if model["released_on"] and (today - model["released_on"]).days > self.days:
            return f"It is of {model['released_on']}, over {self.days} days old."
        return None


def policy(text: str | None = None) -> Policy:
    """The policy in a text; what that leaves out is as we ship it.

    Raises:
        Misused: the text is no TOML, or has a key that no policy has, or of another kind.
    """
    ours = tomllib.loads(files("market").joinpath("probe_policy.toml").read_text())
    try:
        given = tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as error:
        raise Misused(f"probes.toml is no TOML: {error}.") from None
    known = {field.name for field in fields(Policy)}
    for name, value in given.items():
        if name not in known:
            raise Misused(f"probes.toml has a key {name!r}; a policy has {', '.join(sorted(known))}.")
        if isinstance(ours[name], list) != isinstance(value, list) or (not isinstance(value, list) and not isinstance(value, int | float)):
            raise Misused(f"probes.toml: {name} = {value!r} is of the wrong kind.")
    merged: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in (ours | given).items()}
    return Policy(**merged)
