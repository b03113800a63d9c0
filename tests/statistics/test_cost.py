"""Who does not use statistics, tables or pictures does not load the libraries behind them."""

import subprocess
import sys

HEAVY = {"numpy", "scipy", "matplotlib", "polars", "fastexcel"}


def test_importing_the_rooms_loads_none_of_the_extras() -> None:
    """Where numpy is installed, sqlite-utils loads it: that is held against nobody here."""
    code = (
        "import sys, sqlite_utils; before = set(sys.modules);"
        "import troupe_es, troupe_es.pictures, troupe_es.validation, troupe_es.experimentation.statistics;"
        "print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "troupe_es.pictures" in done.stdout.split()
    assert HEAVY.isdisjoint(done.stdout.split())
