"""A little MCP server: one tool that looks, one that acts (it writes a line), one that fails."""

import sys
from pathlib import Path

from mcp.server import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("weather")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"rain in {city}"


@server.tool()
def ring_bell(times: int = 1) -> str:
    """Ring the bell of the town hall."""
    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        file.write(f"{times}\n")
    return "rung"


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def fail() -> str:
    """Fail, always."""
    raise ValueError("no such luck")


if __name__ == "__main__":
    if len(sys.argv) > 2:  # a port
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
    else:
        server.run()
