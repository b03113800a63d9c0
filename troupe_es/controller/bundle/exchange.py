"""Bundles out of a store, into a store, and verified without one.

An import is all or nothing: everything is read and checked before anything is written, and what is written is one
transaction. Answers from elsewhere are kept beside ours, and never in the place of ours.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from troupe_es import canonical
from troupe_es.commands import EDITION
from troupe_es.controller.blobs import PLAIN
from troupe_es.controller.bundle import archive, lines, reading, writing
from troupe_es.controller.bundle.content import Called, Content, Key, Reply, Twig, documents, pictures, schemas
from troupe_es.controller.driver import FINISHES
from troupe_es.controller.references import check_name
from troupe_es.controller.replay import Report, verify
from troupe_es.errors import BadBundle, MissingAnswer, NameTaken
from troupe_es.llm import Message
from troupe_es.llm.protocol import Role
from troupe_es.log import Branch, Log, NewAnswer
from troupe_es.log.notes import ANSWERER

DIFFERENCES = "differences.json"
SCENARIO = "application/json"
SCHEMA = "application/schema+json"
ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant", "image": "image"}


def export(log: Log, simulation: str, path: Path, branches: Sequence[str] | None = None) -> None:
    """Write a simulation, or some ``branches`` of it with those they came from, as a bundle.

    ``path`` is a .zip if it ends so, else a folder. The same content gives the same bytes. Raises BadReference for
    a name that is not there, BadBundle if ``path`` holds something else or cannot be written.
    """
    archive.write(path, writing.files(gather(log, simulation, branches)))


def import_(log: Log, path: Path, name: str | None = None) -> str:
    """Bring a bundle into the store, as ``name`` if one is given, and return the simulation's name.

    What is there already, with the same heads, is left as it is. Raises BadBundle, NameTaken or BadReference, and
    then nothing is written.
    """
    content = _opened(path)[0]
    target = check_name(name or content.simulation)
    with log.transaction():
        if target in {known.name for known in log.simulations()}:
            _same(log, content, target)
        else:
            _enter(log, content, target)
    return target


def verify_bundle(path: Path, *, strict: bool = False, progress: Callable[[int], None] | None = None) -> list[Report]:
    """Import a bundle into a passing store and decide every branch of it again, asking no model.

    Differences of an older edition are held against the recording if the bundle says, in ``differences.json``, which
    are known for today's, and they are not among them. Raises BadBundle; StoreTooNew for a later edition.
    """
    content, known = _opened(path)
    reports = []
    with Log.open(":memory:") as log:
        _enter(log, content, content.simulation)
        for branch in log.branches(content.simulation):
            report = verify(log, branch, strict=strict, progress=progress)
            if known is not None and known.edition == EDITION:
                _unexpected(report, known.branches.get(branch.name, []))
            reports.append(report)
    return reports


def gather(log: Log, simulation: str, branches: Sequence[str] | None = None) -> Content:
    """Return what a bundle of this simulation holds."""
    scenario = log.simulation(simulation).scenario
    content = Content(simulation, log.read_blob(scenario) if scenario else None)
    parents: dict[int, str] = {}
    for branch in _wanted(log, simulation, branches):
        parent = None if branch.parent is None else parents[branch.parent]
        parents[branch.id] = branch.name
        content.twigs[branch.name] = Twig(branch.name, branch.kind, parent, branch.fork_seq, branch.draw)
        content.events[branch.name] = list(log.rows(branch, branch.fork_seq + 1))
        for called in content.calls(branch.name):
            if called.key not in content.replies:
                content.replies[called.key] = _reply(log, called, content.messages)
    for blob in (*schemas(content), *pictures(content), *documents(content)):
        content.blobs[blob] = log.read_blob(blob)
    _provenance(log, content)
    return content


def _provenance(log: Log, content: Content) -> None:
    """Add what the simulation's models answered with, as noted when they were asked, in whatever branch."""
    for branch in log.branches(content.simulation):
        for note in log.journal(branch, ANSWERER):
            told = {name: value for name, value in note.payload.items() if name != "model"}
            where = f"line {note.id} of the journal"
            found = lines.parse(lines.Provenance, canonical.dumps(told).encode(), where)
            content.know(note.payload["model"], found.model_dump())


def _wanted(log: Log, simulation: str, names: Sequence[str] | None) -> list[Branch]:
    """The branches to export, with all they came from, parents first."""
    every = {branch.id: branch for branch in log.branches(simulation)}
    if names is None:
        return list(every.values())
    wanted: set[int] = set()
    for name in names:
        older: int | None = log.branch(simulation, name).id
        while older is not None and older not in wanted:
            wanted.add(older)
            older = every[older].parent
    return [branch for id, branch in every.items() if id in wanted]


def _reply(log: Log, called: Called, messages: dict[bytes, Message]) -> Reply:
    """Return the answer an event names; the messages of its prompt go to ``messages``."""
    request, draw, address, hash = called.key
    answer = log.answer(hash, request, draw, address)
    if answer is None or (answer.draw, answer.address) != (draw, address):
        raise MissingAnswer(
            f"event {called.seq} of {called.branch} names answer {hash[:12]} at {address}, and this store does not "
            "hold it: import the bundle it came with"
        )
    last, new = log.messages(request, messages)
    for known, parent, role, content in new:
        messages[known] = Message(ROLES[role], content, messages[parent] if parent else None)
    said = (answer.model, answer.text, FINISHES[answer.finish], answer.refusal)
    counted = (answer.prompt_tokens, answer.completion_tokens, answer.cached_tokens)
    return Reply(last, canonical.dumps(log.parameters(request)), *said, *counted, answer.seconds)


def _opened(path: Path) -> tuple[Content, lines.Differences | None]:
    try:
        with archive.opened(path) as files:
            known = files.get(DIFFERENCES)
            content = reading.content_of(files.without(DIFFERENCES))
        return content, lines.parse(lines.Differences, known, DIFFERENCES) if known else None
    except BadBundle as error:
        raise BadBundle(f"{path}: {error}") from error.__cause__


def _same(log: Log, content: Content, target: str) -> None:
    """Raise NameTaken unless the store has just these lives under this name."""
    there = {branch.name: log.head(branch) for branch in log.branches(target)}
    for name in content.twigs:
        if there.get(name) != content.head(name):
            raise NameTaken(
                f"there is a simulation {target!r} already, and its branch {name!r} "
                + (f"ends at event {there[name].seq}, otherwise than" if name in there else "is not there, as it is")
                + " in the bundle: import the bundle under another name (--as NAME)"
            )


def _enter(log: Log, content: Content, target: str) -> None:
    """Write everything, in one transaction."""
    with log.transaction():
        scenario = log.blob(content.scenario, SCENARIO) if content.scenario is not None else None
        media = {**dict.fromkeys(documents(content), PLAIN), **pictures(content)}
        for hash, blob in content.blobs.items():
            log.blob(blob, media.get(hash, SCHEMA))
        for key, reply in sorted(content.replies.items()):
            log.remember(content.messages[reply.message], reply.parameters)
            log.import_answer(_new_answer(key, reply), f"bundle:{content.simulation}")
        branches: dict[str, Branch] = {}
        for twig in content.twigs.values():
            if twig.parent is None:
                branch = log.create_simulation(target, scenario)
            else:
                branch = log.fork(branches[twig.parent], twig.fork, twig.name, kind=twig.kind, draw=twig.draw)
            log.append_rows(branch, content.events[twig.name], twig.fork)
            branches[twig.name] = branch
        for model, found in content.provenance.items():
            for told in found:
                log.note(ANSWERER, {"model": model, **told}, branches["main"])


def _new_answer(key: Key, reply: Reply) -> NewAnswer:
    request, draw, address, _ = key
    return NewAnswer(
        request=request,
        draw=draw,
        address=address,
        **{name: value for name, value in reply._asdict().items() if name not in ("message", "parameters")},
    )


def _unexpected(report: Report, known: list[int]) -> None:
    """Hold differences that are not ``known`` against the recording."""
    report.divergences += [found for found in report.differences if found.seq not in known]
    report.differences = [found for found in report.differences if found.seq in known]
