"""Event-sourced simulation of people with language models: replay, branch, ask the past, verify.

    from troupe_es import Store

    with Store("troupe.db") as store:
        sim = store.begin("tea-time", model="improviser", seed=7)
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes", "age": 34})
        sim.broadcast("Would you drink cold tea from a can?")
        sim.run(steps=3)

Run it again and it goes over the recording without asking anybody; change a line and it stops there, or forks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from troupe_es.acting import typed
    from troupe_es.controller.aside import Reply
    from troupe_es.controller.simulation import Simulation
    from troupe_es.controller.store import Store
    from troupe_es.errors import TroupeError
    from troupe_es.events import Settings
    from troupe_es.llm import Model, Request, Response
    from troupe_es.llm.improviser import Improviser
    from troupe_es.llm.scripted import Scripted
    from troupe_es.registry import register
    from troupe_es.toolbox.servers import mcp_tools
    from troupe_es.tools import tool

__all__ = [
    "Improviser",
    "Model",
    "Reply",
    "Request",
    "Response",
    "Scripted",
    "Settings",
    "Simulation",
    "Store",
    "TroupeError",
    "mcp_tools",
    "register",
    "tool",
    "typed",
]

HOMES = {
    "Improviser": "llm.improviser",
    "Model": "llm",
    "Reply": "controller.aside",
    "Request": "llm",
    "Response": "llm",
    "Scripted": "llm.scripted",
    "Settings": "events",
    "Simulation": "controller.simulation",
    "Store": "controller.store",
    "TroupeError": "errors",
    "mcp_tools": "toolbox.servers",
    "register": "registry",
    "tool": "tools",
    "typed": "acting",
}
"""Where each public name lives; it is imported when first used, so that importing the package costs nothing."""


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
