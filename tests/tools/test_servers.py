"""Tools of a real MCP server, in a process of its own, are tools like any other."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from strategies.using import alone, holds_everywhere, player, seen, turn

from troupe_es import registry
from troupe_es.errors import UsageError
from troupe_es.toolbox.servers import mcp_tools
from troupe_es.tools import NOT_RUN

SERVER = Path(__file__).parents[1] / "servers" / "weather_mcp.py"


@pytest.fixture(scope="module")
def bell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bell") / "rung.txt"


@pytest.fixture(scope="module")
def tools(bell: Path):
    made = mcp_tools([sys.executable, str(SERVER), str(bell)], prefix="town_")
    yield made
    for each in made:
        registry.forget("tool", each.name)


def test_what_the_server_says_of_its_tools_is_what_people_are_offered(tools) -> None:
    assert [(each.name, each.side_effect, each.elsewhere) for each in tools] == [
        ("town_weather", False, "refuse"),
        ("town_ring_bell", True, "refuse"),
        ("town_fail", False, "refuse"),
    ]
    assert tools[0].arguments == {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    assert len({each.fingerprint for each in tools}) == 3


def test_a_call_runs_on_the_server_once_and_replays_without_it(tools, bell: Path) -> None:
    acts = turn(
        ("TOWN_WEATHER", {"city": "Ulm"}), ("TOWN_RING_BELL", {"times": 2}), ("TOWN_FAIL", ""), ("TOWN_WEATHER", "")
    )
    with alone(player(acts), tools=tools) as (store, sim):
        sim.give_tools(*tools)
        sim.run(1)
        found = [(each.content, each.failed) for each in seen(sim)]
        assert found[:2] == [("rain in Ulm", False), ("rung", False)]
        assert [failed for _, failed in found[2:]] == [True, True]
        assert bell.read_text() == "2\n"
        for each in tools:
            registry.forget("tool", each.name)
        holds_everywhere(store, sim)
        report = store.verify("life")
        assert [(each.kind, each.name, each.here) for each in report.code] == [
            ("tool", each.name, None) for each in tools
        ]
        assert bell.read_text() == "2\n"


def test_what_acts_outside_does_not_act_in_a_fork(tools, bell: Path) -> None:
    before = bell.read_text() if bell.exists() else ""
    with alone(player(turn(("TOWN_RING_BELL", ""), ("TOWN_WEATHER", {"city": "Ulm"}))), tools=tools) as (store, sim):
        sim.give_tools(*tools)
        fork = store.branch("life", "quiet")
        fork.run(1)
        assert [(each.content, each.failed) for each in seen(fork)] == [(NOT_RUN, True), ("rain in Ulm", False)]
    assert (bell.read_text() if bell.exists() else "") == before


def test_a_server_is_reached_over_http_too(bell: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(SERVER), str(bell), str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told: list[str] = []
        for line in process.stderr:
            told.append(line)
            if "running" in line:
                break
        try:
            made = mcp_tools(url=f"http://127.0.0.1:{port}/mcp")
            with alone(player(turn(("WEATHER", {"city": "Ulm"}))), tools=made) as (_, sim):
                sim.give_tools("weather")
                sim.run(1)
                assert [(each.content, each.failed) for each in seen(sim)] == [("rain in Ulm", False)], told
        finally:
            for each in ("weather", "ring_bell", "fail"):
                registry.forget("tool", each)
            process.terminate()


@pytest.mark.parametrize("command", [["no-such-command-here"], [sys.executable, "-c", "pass"], []])
def test_a_server_that_cannot_be_reached_is_one_clear_error(command: list[str]) -> None:
    with pytest.raises(UsageError, match="MCP server"):
        mcp_tools(command)


def test_a_server_is_named_by_its_command_or_its_url() -> None:
    with pytest.raises(UsageError, match="by its command or by its url"):
        mcp_tools()
    with pytest.raises(UsageError, match="by its command or by its url"):
        mcp_tools("x", url="http://127.0.0.1:1/mcp")
