"""Breaks the program in one place at a time and says whether the tests notice: ``python tests/mutations.py [WORD]``.

Each breakage is made in a copy of the repository in a temporary folder, by replacing text that must be there exactly
once; then the tests that should notice are run there, after they were run on the copy as it is, because a test that
fails anyway notices nothing. WORD picks the breakages whose name holds it. Exit code 1 if any goes unnoticed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = (".*", "__pycache__", "*.egg-info", "build", "dist", "*.db", "*.db-wal", "*.db-shm")
LOOK_UP = 'FROM answers WHERE request = ? AND draw = ? AND address = ? "\n    f"ORDER BY'

ROWS = "high = min(last, segment.last_seq or MOST)\n        if len(found)"
SEALED = "    seal = store.seal(survey.at, survey) if truth.seal else None\n"
COMPARED = "    return seal, validate(store, survey.at, truth, folder=loaded.folder, survey=survey, by=truth.by)\n"
QUIETLY = ("-x", "-p", "no:xdist", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Edit:
    """Text of a file, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Breakage:
    """What is broken, how, and which tests should notice."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


def broken(name: str, file: str, old: str, new: str, *tests: str) -> Breakage:
    """Return a breakage in one place."""
    return Breakage(name, (Edit(f"troupe_es/{file}", old, new),), tests)


BREAKAGES = (
    broken(
        "a claim is believed whose denial is found to hold as well",
        "controller/aside.py",
        "None if denial.holds is verdict.holds else verdict.holds for",
        "verdict.holds for",
        "tests/steering/test_aside.py",
    ),
    broken(
        "what arms are asked alike in one draw is estimated to be paid twice",
        "controller/rehearsal.py",
        "if once not in self._answers:",
        "if once:",
        "tests/controller/test_estimate.py",
    ),
    broken(
        "a constraint that ties dimensions together is not looked at",
        "factory/groups.py",
        "return all(allowed(rule, values, axes) for rule in self.rules)",
        "return True",
        "tests/factory/test_sampling.py",
    ),
    broken(
        "what a model says counts against what is settled of a person",
        "factory/people.py",
        "    for path, value in settled.items():\n        put(traits, path, value)\n    good",
        "    good",
        "tests/factory/test_people.py",
    ),
    broken(
        "two people who are made get one name",
        "factory/people.py",
        "if _free(state, each))",
        "if each)",
        "tests/factory/test_people.py",
    ),
    broken(
        "chance decides how dimensions cross",
        "factory/sampling.py",
        'order = ranks(count, base, seed, "place", names[0])',
        "order = [*range(count)]",
        "tests/factory/test_sampling.py",
    ),
    broken(
        "a word of a prompt template changed",
        "agent/templates/moment.txt",
        "It is your moment to act.",
        "It is your turn to act.",
        "tests/test_replays.py",
    ),
    broken(
        "in a world of neighbours everybody hears what is said aloud",
        "projections/worlds.py",
        "elif among is None:",
        "elif among is None or among:",
        "tests/laws/test_worlds.py",
    ),
    broken(
        "a world of neighbours lets anybody be spoken to",
        "world/resolve.py",
        'world.access == "network" and found.id not in person.near',
        'world.access == "network" and not person.near',
        "tests/laws/test_worlds.py",
    ),
    broken(
        "whoever wants to go elsewhere stays",
        "projections/fold.py",
        "    for person, world in state.open_step.going:\n        worlds.enter(state, person, world)\n",
        "",
        "tests/laws/test_worlds.py",
    ),
    broken(
        "whoever acted stays stirred",
        "projections/fold.py",
        "        state.stirred.discard(person.id)\n",
        "        pass\n",
        "tests/laws/test_worlds.py",
    ),
    broken(
        "a new name is not found",
        "projections/fold.py",
        "            state.names.add(person.id, after)\n",
        "            state.names.add(person.id, person.name)\n",
        "tests/laws/test_worlds.py",
    ),
    broken(
        "apply forgets a message said in a parallel step",
        "projections/fold.py",
        "worlds.hear(state, state.open_step.unheard)",
        "worlds.hear(state, state.open_step.unheard[1:])",
        "tests/laws/test_fold.py",
    ),
    broken(
        "apply forgets what is perceived the second time",
        "projections/worlds.py",
        "    person.memory.extend(seqs)\n",
        "    if not person.fresh:\n        person.memory.extend(seqs)\n",
        "tests/laws/test_fold.py",
    ),
    broken(
        "what a person said before is told under the old name",
        "projections/fold.py",
        "            state.told.clear()",
        "            pass",
        "tests/laws/test_prompts.py",
    ),
    broken(
        "a request is sent again as it was, whatever an SDK puts anew into each",
        "llm/connections.py",
        "if len(last) == 2 and last[0] == last[1] else None",
        "if last else None",
        "tests/llm/test_connections.py",
    ),
    broken(
        "the schedule unseeded: drawn from the system",
        "world/schedule.py",
        'return canonical.digest("troupe/schedule/1", f"{seed}/{draw}/{step}/{person}".encode())',
        'return __import__("os").urandom(8)',
        "tests/laws/test_forks.py",
    ),
    broken(
        "the schedule unseeded: the seed makes no difference",
        "world/schedule.py",
        "{seed}/{draw}",
        "{draw}",
        "tests/laws/test_replay.py",
        "tests/test_replays.py",
    ),
    broken(
        "draw dropped from the look-up",
        "log/answers.py",
        LOOK_UP,
        LOOK_UP.replace("draw = ?", "? IS NOT NULL"),
        "tests/log/test_answers.py",
        "tests/laws/test_forks.py",
    ),
    broken(
        "address dropped from the look-up",
        "log/answers.py",
        LOOK_UP,
        LOOK_UP.replace("address = ?", "? IS NOT NULL"),
        "tests/log/test_answers.py",
    ),
    broken(
        "an answer that does not wait for the disk",
        "log/answers.py",
        "with self.transaction():\n            kept = ",
        "with self.transaction(durable=False):\n            kept = ",
        "tests/durability/test_power_cut.py",
    ),
    Breakage(
        "an answer used before it is stored",
        (
            Edit(
                "troupe_es/controller/driver.py",
                "            answer = await self.records.add(_new_answer(request",
                "            asyncio.ensure_future(self.records.add(_new_answer(request",
            ),
            Edit(
                "troupe_es/controller/driver.py",
                "self._cost(request, response)))\n        except",
                "self._cost(request, response))))\n        except",
            ),
            Edit(
                "troupe_es/controller/driver.py",
                "        return response_of(answer)\n\n    async def _told",
                "        return response\n\n    async def _told",
            ),
        ),
        ("tests/durability/test_order_of_writing.py",),
    ),
    broken(
        "completion order used instead of schedule order",
        "controller/live.py",
        "                await asyncio.wait([jobs[0][1]])\n",
        "                await asyncio.wait([job[1] for job in jobs], return_when=asyncio.FIRST_COMPLETED)\n"
        "                jobs = deque(sorted(jobs, key=lambda job: not job[1].done()))\n",
        "tests/laws/test_models.py",
    ),
    broken(
        "a snapshot read from another fold version",
        "log/notes.py",
        "WHERE s.branch = ? AND s.fold = ? AND",
        "WHERE s.branch = ? AND ? IS NOT NULL AND",
        "tests/laws/test_fold.py",
    ),
    broken(
        "a fold version that a change of the fold leaves as it is",
        "controller/states.py",
        '    "projections/fold.py",\n',
        "",
        "tests/laws/test_fold_version.py",
    ),
    broken(
        "verify that only walks the chain",
        "controller/replay.py",
        "    report = replay.run()\n",
        "    report = replay.report\n"
        "    report.events, report.head = log.head(branch).seq, log.head(branch).hash.hex()\n",
        "tests/laws/test_replay.py",
    ),
    broken(
        "a fork that sees one event too many",
        "log/branches.py",
        "            last = fork_seq if last is None else min(last, fork_seq)\n",
        "            last = fork_seq + 1 if last is None else min(last, fork_seq)\n",
        "tests/log/test_branches.py",
        "tests/laws/test_forks.py",
    ),
    broken(
        "a trigger missing: the one against UPDATE",
        "log/schema.py",
        '        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}\\n{stop}",\n',
        "",
        "tests/log/test_untouchable.py",
    ),
    broken(
        "a trigger missing: the one against DELETE",
        "log/schema.py",
        '        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}\\n{stop}",\n',
        "",
        "tests/log/test_untouchable.py",
    ),
    broken(
        "a trigger missing: the one against REPLACE",
        "log/schema.py",
        '        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}\\nWHEN {taken}\\n{stop}",\n',
        "",
        "tests/log/test_untouchable.py",
    ),
    broken(
        "triggers missing: all those of the answers",
        "log/schema.py",
        '    "answers": ("id", "request, draw, address, hash"),\n',
        "",
        "tests/log/test_untouchable.py",
        "tests/test_schema.py",
    ),
    broken(
        "a form's token of another's session will do",
        "service/guard.py",
        "hmac.new(self.secret, session.encode(), hashlib.sha256)",
        'hmac.new(self.secret, b"", hashlib.sha256)',
        "tests/service/test_front_door.py",
    ),
    broken(
        "an event may be kept for ever without its hash",
        "service/reading.py",
        "if len(hash) >= 8 else FOR_NOW",
        "if len(hash) >= 0 else FOR_NOW",
        "tests/service/test_desk.py",
    ),
    broken(
        "a stream skips what is no longer at hand",
        "service/follow.py",
        "if not self.recent or self.recent[0].seq > at + 1:",
        "if not self.recent:",
        "tests/service/test_tails.py",
    ),
    broken(
        "a bundle is taken in whose life does not verify",
        "service/lives.py",
        "            if not report.holds:\n",
        "            if False:\n",
        "tests/service/test_desk.py",
    ),
    broken(
        "a page has an event twice where a branch begins",
        "views/rows.py",
        ROWS,
        ROWS.replace("segment.last_seq or MOST", "(segment.last_seq or MOST) + 1"),
        "tests/service/test_seen.py",
    ),
    broken(
        "shares of ticked options are of all ticks",
        "views/asked.py",
        '"share": len(there) / len(given)',
        '"share": len(there) / sum(map(len, events.values()))',
        "tests/service/test_seen.py",
    ),
    broken(
        "an outcome's mean is over those who did not answer, too",
        "experimentation/outcomes.py",
        "math.fsum(numbers) / len(numbers)",
        "math.fsum(numbers) / len(taken.rows)",
        "tests/experimentation/test_outcomes.py",
    ),
    broken(
        "arms forget the draw of the life they part from",
        "experimentation/runner.py",
        "draw=base + each.draw",
        "draw=each.draw",
        "tests/experimentation/test_outcomes.py",
    ),
    broken(
        "real answers are read before the prediction is sealed",
        "validation/study.py",
        SEALED + COMPARED,
        COMPARED.replace("return seal, ", "compared = ") + SEALED + "    return seal, compared\n",
        "tests/validation/test_study.py",
    ),
    broken(
        "a variance collapse is called where chance makes the distance",
        "validation/verdict.py",
        "if spread.value is None or spread.interval is None or not apart:",
        "if spread.value is None or spread.interval is None:",
        "tests/validation/test_rules.py",
    ),
)


@contextmanager
def edited(copy: Path, edits: tuple[Edit, ...]) -> Iterator[None]:
    """Make edits in the copy for a while. Raises AssertionError when a text is not there exactly once."""
    before = {copy / edit.file: (copy / edit.file).read_text() for edit in edits}
    try:
        for edit in edits:
            text = (copy / edit.file).read_text()
            times = text.count(edit.old)
            assert times == 1, f"{edit.file} holds {edit.old!r} {times} times: correct this script"
            (copy / edit.file).write_text(text.replace(edit.old, edit.new))
        yield
    finally:
        for file, text in before.items():
            file.write_text(text)


@cache
def fails(copy: Path, tests: tuple[str, ...], broken: str = "") -> str:
    """Run tests in the copy until one fails; return its name, or nothing. ``broken`` says what is wrong by now."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "HYPOTHESIS_PROFILE": "ci", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *QUIETLY, "--hypothesis-seed=1"]
    done = subprocess.run([*command, *tests], cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), f"pytest could not test {broken or 'the copy'}:\n{done.stdout}{done.stderr}"
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else ""


def judge(breakage: Breakage, copy: Path) -> bool:
    """Say, on a line, whether the tests notice the breakage."""
    anyway = fails(copy, breakage.tests)
    if anyway:
        print(f"?      {breakage.name:60} fails as it is: {anyway}", flush=True)
        return False
    with edited(copy, breakage.edits):
        failed = fails(copy, breakage.tests, breakage.name)
    print(f"{'red' if failed else 'GREEN':6} {breakage.name:60} {failed}", flush=True)
    return bool(failed)


def main() -> int:
    """Try out all breakages, or those that are asked for."""
    chosen = [breakage for breakage in BREAKAGES if " ".join(sys.argv[1:]) in breakage.name]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        noticed = [judge(breakage, copy) for breakage in chosen]
    print(f"{sum(noticed)} of {len(noticed)} breakages are noticed")
    return 0 if noticed and all(noticed) else 1


if __name__ == "__main__":
    sys.exit(main())
