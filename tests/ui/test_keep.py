"""What a store holds is told, and a new store without one simulation holds all the others as they were."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from troupe_es import Store
from troupe_es.controller import bundle
from troupe_es.ui.cli import main

REPLAYS = Path(__file__).parents[2] / "replays"


def troupe(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def kept(path: Path) -> Path:
    with Store(path) as store:
        for name in ("gallery", "forks", "lift"):
            bundle.import_(store.log, REPLAYS / name)
    return path


def heads(path: Path) -> dict[str, str]:
    with Store(path, write=False) as store:
        return {str(branch): store.log.head(branch).hash.hex() for branch in store.log.branches()}


def test_a_store_tells_what_it_holds(tmp_path: Path) -> None:
    path = kept(tmp_path / "all.db")
    told = json.loads(troupe("stores", "--store", path, "--json").output)
    with Store(path, write=False) as store:
        for row in told["simulations"]:
            branches = store.log.branches(row["simulation"])
            own = [list(store.log.rows(branch, branch.fork_seq + 1)) for branch in branches]
            assert (row["branches"], row["events"]) == (len(branches), sum(map(len, own)))
            assert row["bytes"] == sum(len(event.payload.encode()) for rows in own for event in rows)
    assert "gallery" in troupe("stores", "--store", path).output


def test_a_store_without_a_simulation_has_all_the_others_as_they_were(tmp_path: Path) -> None:
    path, new = kept(tmp_path / "all.db"), tmp_path / "new.db"
    before = heads(path)
    assert troupe("remove", "gallery", "--to", new, "--store", path).exit_code == 0
    assert heads(new) == {ref: head for ref, head in before.items() if not ref.startswith("gallery/")}
    assert heads(path) == before
    assert b"Hanging plan" in path.read_bytes() and b"Hanging plan" not in new.read_bytes()
    assert troupe("verify", "--store", new).exit_code == 0


def test_nothing_is_written_over_and_nothing_half_written(tmp_path: Path) -> None:
    path = kept(tmp_path / "all.db")
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    for simulation, to in (
        ("gallery", taken),
        ("nobody", tmp_path / "new.db"),
        ("gallery", tmp_path / "no-folder" / "new.db"),
    ):
        refused = troupe("remove", simulation, "--to", to, "--store", path)
        assert refused.exit_code == 2 and (simulation == "nobody" or "name a new file" in refused.output)
    assert taken.read_text() == "mine"
    assert {each.name for each in tmp_path.iterdir()} == {"all.db", "taken.db"}
