"""The contract is published, and holds whatever is asked: no route fails or answers what it does not say."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import Receive, Scope, Send

from troupe_es import Store
from troupe_es.controller import bundle
from troupe_es.service import create_app
from troupe_es.service.app import published

ASKING = ("/simulations", "/run", "/resume", "/step", "/ask", "/survey", "/extract")
ROOT = Path(__file__).parents[2]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Serving:
    """The service of the moment, without its beginning and end: a client that asks once would close it."""

    app: FastAPI | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand requests on."""
        assert self.app is not None
        if scope["type"] == "http":
            await self.app(scope, receive, send)
            return
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})


@schemathesis.serializer("application/zip")
def as_bytes(context: object, value: object) -> bytes:
    """Send whatever it is in the place of a bundle."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


serving = Serving()
schema = schemathesis.openapi.from_dict(json.loads(published()))
schema.app = serving


@pytest.fixture(autouse=True, scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    file = tmp_path_factory.mktemp("contract") / "kept.db"
    with Store(file) as store:
        bundle.import_(store.log, ROOT / "replays" / "gallery")
    serving.app = create_app(file, hosts=["testserver"])
    yield
    serving.app.state.jobs.close()
    serving.app.state.stores.close()


@schema.exclude(path_regex="/stream$").parametrize()
@settings(max_examples=settings().max_examples // 8, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_route_fails_or_answers_what_it_does_not_say(case: Case) -> None:
    _aimed(case)
    case.call_and_validate(checks=CHECKS)


def _aimed(case: Case) -> None:
    """Let most requests reach what is there: random names would only ever find nothing."""
    parameters = case.path_parameters
    if "sim" in parameters and len(str(parameters["sim"])) % 2:
        parameters["sim"] = "gallery"
        if "branch" in parameters:
            parameters["branch"] = "main"
    if "seq" in parameters and str(parameters["seq"]).isdigit():
        parameters["seq"] = int(parameters["seq"]) % 300 + 1
    if case.query and "wait" in case.query:
        case.query["wait"] = 1
    for name in ("steps", "run"):
        if isinstance(case.body, dict) and isinstance(case.body.get(name), int):
            case.body[name] = min(case.body[name], 2)  # whoever asks for a million steps gets them


def test_an_operation_says_only_what_it_can_answer() -> None:
    paths = json.loads(published())["paths"]
    said = {(method, path): set(found["responses"]) for path, each in paths.items() for method, found in each.items()}
    assert not {each for each, statuses in said.items() if "500" in statuses or "405" in statuses}
    for (method, path), statuses in said.items():
        assert {"401", "421", "422"} <= statuses
        if method == "get":
            assert not statuses & {"402", "403", "413", "415", "502", "503"}, path
        assert ("404" in statuses) >= ("{" in path), path
        asks = method == "post" and path.endswith(ASKING)
        assert ("502" in statuses) == ("402" in statuses) == asks, path


def test_the_openapi_that_is_published_is_the_one_of_the_code() -> None:
    assert (ROOT / "schema" / "openapi.json").read_text(encoding="utf-8") == published(), "run 'troupe schema'"
