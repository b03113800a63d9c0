"""Where calls go and with which key; what is set wrongly is refused without being shown."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from troupe_es.errors import UsageError


@dataclass(frozen=True)
class Target:
    """Where calls go, and what the ``openai`` client is to tell there. With a deployment it is on Azure."""

    url: str
    key: str = field(repr=False)
    deployment: str | None = None
    version: str | None = None
    organization: str | None = None
    project: str | None = None


def address(what: str, url: str | None) -> str | None:
    """Return ``url`` if a call can go there; what is set is not quoted, as it may hold a password."""
    if not url:
        return None
    parts = urlsplit(url)
    try:
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise UsageError(f"the {what} must look like https://host/v1; what is set does not")
    if parts.username is not None:
        raise UsageError(f"the {what} holds a name or password; set a key instead")
    return url


def checked(key: str | None) -> str | None:
    """Return ``key`` without white space; a key no header can carry would be quoted by whatever rejects it."""
    key = (key or "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError("the key has characters that no key has (it is not shown): copy it again")
    return key or None
