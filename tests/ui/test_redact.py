"""``troupe redact`` says what would go, writes a new store without it, and leaves the old one."""

import json
from pathlib import Path

from ui.conftest import Troupe

FIRST = ("--replace", "Ana Reyes=Person 1", "--replace", "Ana=Person 1")


def test_a_person_is_taken_out_of_a_store_and_the_new_one_verifies(troupe: Troupe, life: Path) -> None:
    before = life.read_bytes()
    (life.parent / "names.txt").write_text("Ana Reyes=Person 1\n\nAna=Person 1\n")
    dry = troupe("redact", "tea", "--words", "names.txt", "--dry-run", "--to", "new.db")
    assert dry.exit_code == 0 and "Nothing was written" in dry.stdout and not Path("new.db").exists()
    done = troupe("redact", "tea", *FIRST, "--to", "new.db")
    assert done.exit_code == 0, done.stderr
    assert "verified" in done.stdout and "delete it" in done.stdout and "without naming them" in done.stdout
    assert life.read_bytes() == before
    assert b"Ana Reyes" not in Path("new.db").read_bytes()
    verified = troupe("verify", "--store", "new.db")
    assert verified.exit_code == 0 and "redacted; the head before was" in verified.stdout
    again = troupe("run", "tea.yaml", "--store", "new.db")
    assert again.exit_code == 1 and "differs" in again.stderr  # the file still has the name
    Path("tea.yaml").write_text(Path("tea.yaml").read_text().replace("Ana Reyes", "Person 1"))
    assert troupe("run", "tea.yaml", "--store", "new.db").exit_code == 0


def test_it_tells_a_machine_and_refuses_in_one_line(troupe: Troupe, life: Path) -> None:
    told = json.loads(troupe("redact", "--person", "Bo Lind=Person 2", "--json").stdout)
    assert told["to"] is None and told["replaced"]["Lind"] == "Person 2"
    assert told["found"]["places"]["events"] > 0 and list(told["branches"]) == ["tea/main"]
    for words in (("redact",), ("redact", "--replace", "Ana"), ("redact", "nobody", *FIRST)):
        refused = troupe(*words, "--to", "new.db")
        assert refused.exit_code == 2 and refused.stderr.count("\n") == 1
    assert not Path("new.db").exists()
