"""Two browsers and a command line on one store while a run writes it: all see the same, and nobody is locked out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page
from web.driving import Visit
from web.serving import PROGRAM, served

NAMES = ("Ana Reyes", "Bo Lind", "Cy Okafor", "Dee Marsh", "Eli Novak", "Fay Tanaka")
SCENARIO = {
    "troupe": 1,
    "name": "shared",
    "worlds": [{"name": "Kitchen"}],
    "people": [{"persona": {"name": name}} for name in NAMES],
    "program": [{"broadcast": "Would you buy cold tea?"}, {"run": 150}],
}
LAST = """() => {
  const digits = (node) => Number(node.textContent.replace(/\\D/g, ''));
  const [head, at] = ['head', 'panel-seq'].map((name) => digits(document.querySelector(`[data-at=${name}]`)));
  return { head, at };
}"""
AT_HEAD = f"head => {{ const seen = ({LAST})(); return seen.head === head && seen.at === head; }}"


def troupe(store: Path, *words: str) -> Any:
    """Call ``troupe`` as a process, which must do what it is asked, and return its JSON."""
    program = [sys.executable, "-c", PROGRAM, words[0], "--store", str(store), "--json", *words[1:]]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def asked(site: str, path: str, body: Any = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    with urlopen(Request(site + path, content, {"Content-Type": "application/json"}), timeout=120) as answer:
        return json.load(answer)


def following(visit: Visit) -> Page:
    page = visit.open("/runs/shared/main")
    if page.locator("[data-do=follow]").get_attribute("aria-pressed") != "true":
        page.locator("[data-do=follow]").click()
    return page


def test_two_browsers_and_a_command_line_see_the_same_run_while_it_is_written(
    browser: Browser, tmp_path: Path
) -> None:
    store = tmp_path / "shared.db"
    with served(store) as site, Visit(browser, site) as one, Visit(browser, site) as other:
        asked(site, "/api/simulations?wait=0", {"scenario": SCENARIO, "model": "improviser"})
        pages = [following(one), following(other)]
        troupe(store, "say", "shared", "Somebody is at the door.")
        seen = [len(troupe(store, "log", "shared")) for _ in range(2)]
        assert seen == sorted(seen) and seen[0] > 0
        [job] = asked(site, "/api/jobs")
        assert asked(site, f"/api/jobs/{job['id']}?wait=60")["status"] == "done"
        events = troupe(store, "log", "shared")
        head = events[-1]["seq"]
        assert [event["seq"] for event in events] == list(range(1, head + 1))
        for page in pages:
            page.wait_for_function(AT_HEAD, arg=head)
        assert asked(site, "/api/branches/shared/main")["events"] == head
        assert sum(event["payload"].get("content") == "Somebody is at the door." for event in events) == 1
        assert troupe(store, "verify", "shared")
        assert one.faults == other.faults == []
