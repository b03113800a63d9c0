from pathlib import Path

import pytest
from mutations import BREAKAGES, ROOT, Breakage


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.name)
def test_a_breakage_can_still_be_made_and_is_one_of_meaning_not_of_syntax(breakage: Breakage) -> None:
    texts: dict[Path, str] = {}
    for edit in breakage.edits:
        text = texts.get(path := ROOT / edit.file) or path.read_text(encoding="utf-8")
        assert text.count(edit.old) == 1
        texts[path] = text.replace(edit.old, edit.new)
    for path, text in texts.items():
        if path.suffix == ".py":
            compile(text, path, "exec")
    assert all((ROOT / test.partition("::")[0]).exists() for test in breakage.tests)
