"""``doctor`` and ``schema``: what is set up here, and what is published about the formats."""

import os
import platform
import sqlite3
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from troupe_es.commands import EDITION
from troupe_es.controller import schemas
from troupe_es.controller.store import Store
from troupe_es.errors import StoreError
from troupe_es.llm.choose import configured
from troupe_es.numerals import counted
from troupe_es.ui.options import command
from troupe_es.ui.render import console, facts, indented, print_json, safe, say, table, title

LIBRARIES = ("openai", "pydantic", "sqlite-utils", "click", "rich")


@command("doctor")
@click.option(
    "--measure",
    is_flag=False,
    flag_value="local",
    metavar="MODEL",
    help="Let a model take four turns and say how long one takes here; the local one, if none is named.",
)
@click.pass_context
def doctor(ctx: click.Context, measure: str | None, store: Path, as_json: bool) -> None:
    """Show versions, the store and its sizes, and which models are configured; a key is never shown."""
    found = {"versions": _versions(), "store": _store(store), "models": configured(os.environ)}
    if measure:
        from troupe_es.ui.measure import measure as measured  # costs what a run needs

        found["measured"] = measured(measure)
    print_json(found) if as_json else _tell(found)
    if "fault" in found["store"]:
        ctx.exit(StoreError.exit_code)


def _versions() -> dict[str, str]:
    libraries = {name: version(name) for name in LIBRARIES}
    own = {"troupe-es": version("troupe-es"), "edition": str(EDITION)}
    return {**own, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version, **libraries}


def _store(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"path": str(path), "exists": path.exists()}
    if not found["exists"]:
        return found
    try:
        with Store(path, write=False) as held:
            sizes = {name: size._asdict() for name, size in held.log.sizes().items()}
            simulations = len(held.log.simulations())
    except StoreError as error:
        return {**found, "fault": str(error)}
    return {**found, "bytes": path.stat().st_size, "simulations": simulations, "tables": sizes}


NO_EMBEDDER = "not installed (pip install 'troupe-es[embeddings]')"


def _tell(found: dict[str, Any]) -> None:
    screen = console()
    screen.print(title("Versions"))
    screen.print(indented(facts(found["versions"].items())))
    screen.print(title("Store"))
    screen.print(indented(facts([("file", found["store"]["path"]), ("state", _state(found["store"]))])))
    _tables(screen, found["store"].get("tables", {}))
    screen.print(title("Models"))
    models = found["models"]
    screen.print(
        indented(
            facts(
                [
                    ("improviser", "always there: no key, no network, no opinions"),
                    ("OPENAI_API_KEY", "set" if models["key"] else "not set"),
                    ("base URL", models["base_url"] or "not set (OPENAI_BASE_URL or TROUPE_BASE_URL)"),
                    ("Azure", "set" if models["azure"] else "not set"),
                    ("local", _local(models["local"])),
                    ("local-embedder", "installed" if models["embeddings"] else NO_EMBEDDER),
                ]
            )
        )
    )
    if measured := found.get("measured"):
        screen.print(title("Measured"))
        took = [("first turn", f"{measured['first']:.1f} s, with loading"), ("a turn", f"{measured['turn']:.1f} s")]
        screen.print(indented(facts([("model", measured["model"]), *took])))


def _local(local: dict[str, Any]) -> str:
    engine = "engine installed" if local["engine"] else "no engine (pip install 'troupe-es[local]')"
    return f"{engine}, {counted(local['files'], 'file')} of weights; see 'troupe model list'"


def _state(store: dict[str, Any]) -> str:
    if not store["exists"]:
        return "not there yet; the first run or demo makes it"
    if "fault" in store:
        return str(store["fault"])
    return f"{store['bytes']:,} bytes, {counted(store['simulations'], 'simulation')}"


def _tables(screen: Any, tables: dict[str, dict[str, int]]) -> None:
    made = table("table", "rows", "bytes", right=("rows", "bytes"))
    for name, size in sorted(tables.items(), key=lambda pair: -pair[1]["bytes"]):
        if size["rows"]:
            made.add_row(safe(name), f"{size['rows']:,}", f"{size['bytes']:,}")
    if made.row_count:
        screen.print(indented(made))


@command("schema")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 where something is stale or was changed.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="schema", show_default=True, metavar="DIR", help="The folder."
)
@click.pass_context
def schema(ctx: click.Context, check: bool, out: Path, store: Path, as_json: bool) -> None:
    """Write the JSON Schema of every event type, of scenario files, the SQL of the store and the OpenAPI, or check.

    The OpenAPI needs the extra 'serve', and is left out without it.
    """
    more = _openapi()
    faults = schemas.faults(out, more) if check else []
    if not check:
        schemas.write(out, more)
    names = sorted([*schemas.files(), *more])
    if as_json:
        print_json({"folder": str(out), "files": names, "faults": faults})
    else:
        for fault in faults:
            say(f"✗ {fault}")
        if not faults:
            say(f"{len(names)} schemas in {out} {'are what the code says' if check else 'written'}")
    if faults:
        ctx.exit(1)


def _openapi() -> dict[str, str]:
    """Return the OpenAPI of the service by its name, where it can be made."""
    if find_spec("fastapi") is None:
        click.echo("openapi.json is left out: it needs pip install 'troupe-es[serve]'", err=True)
        return {}
    from troupe_es.service.app import published  # needs the extra

    return {"openapi.json": published()}
