"""The web: a person fetches a page of a host that is allowed; what comes back is recorded, and never fetched again in
a replay. Nothing is allowed that is not listed.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from troupe_es import canonical
from troupe_es.acting import Acting
from troupe_es.acts import Intent
from troupe_es.agent.faculties.content import failed
from troupe_es.agent.faculty import Offer
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.llm import Effect, toolcalls
from troupe_es.projections import Person
from troupe_es.tools import cut, plain
from troupe_es.tools.web import HOST, refused

FETCH = "FETCH"
CALL = "web.fetch"
"""The tool that is called; no tool of a user's can have this name."""

MOST = 6000
"""Characters of a page that its person perceives."""


class _Page(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    url: str
    title: str = ""
    text: str


class Web:
    """Fetches pages; option ``hosts``: exactly these hosts, with their port where it is not the usual one."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse a list of hosts that is none."""
        hosts = options.get("hosts")
        if set(options) - {"hosts"} or not isinstance(hosts, list) or not hosts:
            raise BadCommand("the web needs the option 'hosts': a list of the hosts that may be fetched from")
        for host in hosts:
            if not isinstance(host, str) or not HOST.match(host.lower()):
                raise BadCommand(f"hosts: {host!r} is no host; write it like example.org or localhost:8000")

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return the one action, with the hosts that are allowed."""
        hosts = ", ".join(options["hosts"])
        return (Offer(FETCH, f'read a page of the web. "content" is its address. Allowed hosts: {hosts}.'),)

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """Fetch the page, if that is allowed."""
        url, hosts = intent.content.strip(), list(options["hosts"])
        reason = refused(url, hosts)
        if reason is not None:
            acting.happen(failed(intent, f"Nothing is fetched: {reason}."))
            return
        outcome = toolcalls.outcome((yield from acting.call(CALL, {"url": url, "hosts": hosts})))
        try:
            page = _Page.model_validate(outcome.value if outcome.kind == "ok" else None)
        except ValidationError:
            acting.happen(failed(intent, cut(plain(f"Nothing is fetched: {outcome.value}"), MOST)))
            return
        told = {"url": page.url, "title": plain(page.title)[:200], "text": cut(plain(page.text), MOST)}
        found = [types.Found(place=url, score=1.0)]
        acting.happen(types.ResultSeen(kind=FETCH, content=canonical.told(told), found=found))
