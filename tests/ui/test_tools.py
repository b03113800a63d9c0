"""Tools, code of one's own and written documents on the command line."""

import json
import sys
from pathlib import Path

import pytest
from ui.conftest import Troupe

from troupe_es import Settings, Store, registry
from troupe_es.llm.scripted import Scripted

PLUGIN = '''
from troupe_es import registry
from troupe_es.tools import tool

@tool(side_effect=False)
def tell_weather(city: str) -> str:
    """Tell the weather."""
    return "rain in " + city

@registry.register("rule", "quiet")
def quiet(state, person, intent):
    """CHANGED"""
    return intent
'''
SCENARIO = """
troupe: 1
name: tools
worlds: [{name: Kitchen}]
people: [{persona: {name: Ana Reyes}, faculties: ['tool:tell_weather']}]
program:
  - enable: {kind: rule, name: quiet}
  - run: 1
"""
SERVER = Path(__file__).parents[1] / "servers" / "weather_mcp.py"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch):
    """Forget afterwards what a plugin registered, and its module."""
    before, path = dict(registry._registered), list(sys.path)
    monkeypatch.delenv("TROUPE_PLUGINS", raising=False)
    yield
    registry._registered.clear()
    registry._registered.update(before)
    sys.path[:] = path
    for name in ("own_tools", "own_code"):
        sys.modules.pop(name, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own_tools.py").write_text(PLUGIN)
    (tmp_path / "tools.yaml").write_text(SCENARIO)
    return tmp_path


@pytest.mark.parametrize("plugin", ["own_tools", "own_tools.py"])
def test_a_plugin_enables_what_a_scenario_names(folder: Path, troupe: Troupe, plugin: str) -> None:
    run = ["run", "tools.yaml", "--model", "improviser"]
    refused = troupe(*run)
    assert refused.exit_code == 2
    assert "'tell_weather' is not registered here" in refused.stderr
    assert troupe("runs", "--json").stdout.strip() in ("[]", "")  # nothing half-written
    done = troupe(*run, "--plugin", plugin)
    assert done.exit_code == 0, done.stderr
    assert troupe("verify", "tools", "--plugin", plugin).exit_code == 0


def test_the_environment_names_plugins_too(folder: Path, troupe: Troupe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROUPE_PLUGINS", "own_tools")
    assert troupe("run", "tools.yaml", "--model", "improviser").exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("gone.py", None, "no such file"),
        ("no_such_module_at_all", None, "ModuleNotFoundError"),
        ("own_code.py", "1 / 0", "ZeroDivisionError"),
        ("own_code.py", "def (", "SyntaxError"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_one_clear_error(
    folder: Path, troupe: Troupe, name: str, content: str | None, told: str
) -> None:
    if content is not None:
        (folder / name).write_text(content)
    result = troupe("runs", "--plugin", name)
    assert result.exit_code == 2
    assert f"--plugin {name}" in result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_verify_and_resume_tell_what_code_is_missing_or_was_changed(folder: Path, troupe: Troupe) -> None:
    assert troupe("run", "tools.yaml", "--model", "improviser", "--plugin", "own_tools").exit_code == 0
    registry.forget("rule", "quiet")
    registry.forget("tool", "tell_weather")
    missing = troupe("verify", "tools", "--json")
    assert missing.exit_code == 1
    [report] = json.loads(missing.stdout)["reports"]
    assert [(found["kind"], found["here"]) for found in report["code"]] == [("tool", None), ("rule", None)]
    assert "'quiet' is not registered here" in report["blocked"]
    assert "--plugin MODULE" in troupe("verify", "tools").stdout.replace("\n", " ")
    resumed = troupe("resume", "tools")
    assert resumed.exit_code == 2
    assert "it is not here" in resumed.stderr
    (folder / "own_code.py").write_text(PLUGIN.replace("CHANGED", "Otherwise."))
    changed = troupe("verify", "tools", "--plugin", "own_code.py")
    assert changed.exit_code == 0
    assert "the rule 'quiet' was recorded with code" in changed.stdout.replace("\n", " ")
    assert "note: the rule 'quiet' was recorded with code" in troupe("resume", "tools").stderr


def test_an_mcp_server_is_enabled_by_its_command(tmp_path: Path, troupe: Troupe) -> None:
    scenario = SCENARIO.replace("tell_weather", "weather").replace("  - enable: {kind: rule, name: quiet}\n", "")
    (tmp_path / "tools.yaml").write_text(scenario)
    server = f"{sys.executable} {SERVER} {tmp_path / 'bell'}"
    done = troupe("run", "tools.yaml", "--model", "improviser", "--mcp", server)
    assert done.exit_code == 0, done.stderr
    refused = troupe("step", "tools", "--mcp", "no-such-command-here")
    assert refused.exit_code == 2
    assert "the MCP server cannot be reached" in refused.stderr


def test_a_written_document_is_exported_to_a_file_of_the_users(tmp_path: Path, troupe: Troupe) -> None:
    title = "../../etc/passwd"
    act = {"type": "WRITE_DOCUMENT", "content": {"title": title, "content": "<script>x</script> *hi*"}}
    model = Scripted(lambda request, draw: json.dumps({"actions": [act, {"type": "DONE"}]}), "cast")
    with Store(tmp_path / "troupe.db", model) as store:
        sim = store.begin("letters", settings=Settings(model="cast"))
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        sim.equip("word-processor")
        sim.run(1)
    for ending in ("md", "html", "docx", "json"):
        done = troupe("export-document", "letters", title, "--to", f"x.{ending}", "--json")
        assert done.exit_code == 0, done.stderr
        assert json.loads(done.stdout)["path"] == f"x.{ending}"
    assert "<script>" not in (tmp_path / "x.html").read_text()
    assert "<em>hi</em>" in (tmp_path / "x.html").read_text()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("x.")) == [
        "x.docx",
        "x.html",
        "x.json",
        "x.md",
    ]
    again = troupe("export-document", "letters", title, "--to", "x.md")
    assert (again.exit_code, "there already" in again.stderr) == (2, True)
    other = troupe("export-document", "letters", "no such", "--to", "y.md")
    assert (other.exit_code, title in other.stderr) == (2, True)
