"""``serve``: the HTTP service and the pages, on this machine alone unless a token says who else may come."""

import ipaddress
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from troupe_es.errors import UsageError
from troupe_es.extras import need
from troupe_es.ui.options import command, prices_option
from troupe_es.ui.render import say

LEAST = 16
"""Characters of a token."""


@command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; another needs a --token.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any that is free.")
@click.option("--token", envvar="TROUPE_TOKEN", default="", metavar="TEXT", help="What every request must say.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A name this service is reached by.")
@click.option("--web", is_flag=True, help="Let people in simulations fetch pages of the web.")
@prices_option
def serve(
    host: str,
    port: int,
    token: str,
    hosts: tuple[str, ...],
    web: bool,
    prices: Path | None,
    store: Path,
    as_json: bool,
) -> None:
    """Serve the store over HTTP: the API under /api, the pages under /.

    It listens on this machine alone. Another --host demands a --token (or $TROUPE_TOKEN), which clients send as
    'Authorization: Bearer TOKEN' and browsers are asked for once.
    """
    if token and len(token) < LEAST:
        raise UsageError(f"--token: {len(token)} characters are guessed; take {LEAST} or more")
    if not is_loopback(host) and not token:
        raise UsageError(f"--host {host}: others could reach it, so it needs a --token (or $TROUPE_TOKEN)")
    for module in ("fastapi", "uvicorn", "jinja2"):
        need(module, "serve", "the service and its pages")
    known = (*hosts, *(() if host in ("0.0.0.0", "::") else (host,)))  # noqa: S104 - compared, not bound
    app = made(store, token=token or None, hosts=known, web=web, prices=prices)
    _run(app, host, port, store)


def made(store: Path, **more: Any) -> Any:
    """Return the service over ``store`` with its pages."""
    from troupe_es.service import create_app  # needs the extra

    app = create_app(store, **more)
    if find_spec("troupe_es.ui.web") is not None:
        from troupe_es.ui import web

        web.mount(app)
    return app


def _run(app: Any, host: str, port: int, store: Path) -> None:
    import uvicorn  # needs the extra

    from troupe_es.service.patience import Patient

    class Server(uvicorn.Server):
        """Lets those who listen or wait for a job go before it waits for them."""

        async def shutdown(self, sockets: Any = None) -> None:
            app.state.follower.end()
            app.state.jobs.stop()
            await super().shutdown(sockets)

    with _bound(host, port) as line:
        at = line.getsockname()
        place = f"[{at[0]}]" if ":" in at[0] else at[0]
        say(f"{store.name} is at http://{place}:{at[1]}/ (Ctrl-C ends; runs stop at their next boundary)")
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, timeout_graceful_shutdown=10, http=Patient
        )
        try:
            Server(config).run(sockets=[line])
        except KeyboardInterrupt:
            return  # that is how a service ends


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises UsageError where that cannot be."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host.strip("[]"), port), family=family, backlog=1024)
    except OSError as error:
        raise UsageError(
            f"cannot listen at {host} port {port} ({error.strerror or error}): take another --port"
        ) from None


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach ``host``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
