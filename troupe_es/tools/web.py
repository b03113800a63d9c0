"""Which addresses may be fetched: those whose host is on a list, and nothing that only looks like it.

Hosts are compared as they are written, with their port where it is not the usual one. An address that a list names as
a number is allowed though it be private; a name that leads to a private address is not (see ``toolbox.fetching``).
"""

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

PORTS = {"http": 80, "https": 443}
ODD = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")
HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[0-9]{1,5})?\Z")
LONGEST = 2000
"""Characters of an address."""


def refused(url: str, hosts: Sequence[str]) -> str | None:
    """Return why ``url`` may not be fetched, in words, or None if it may."""
    if len(url) > LONGEST:
        return f"the address is longer than {LONGEST} characters"
    if not url or ODD.search(url):
        return "the address is none: write it whole, in plain ASCII, without spaces"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the address is none"
    if parts.scheme not in PORTS:
        return "the address must begin with http:// or https://"
    if not parts.hostname or parts.username is not None or parts.password is not None:
        return "the address must name a host, and no user or password"
    if _host(parts, port) not in {host.lower() for host in hosts}:
        return f"this host is not allowed here; allowed are: {', '.join(hosts) or 'none'}"
    return None


def _host(parts: SplitResult, port: int | None) -> str:
    """Return the host of an address as a list names it."""
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return name if port in (None, PORTS[parts.scheme]) else f"{name}:{port}"
