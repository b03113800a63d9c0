"""An event in one line of words: what ``log`` lists and ``diff`` and ``verify`` name."""

from typing import Any

from troupe_es.events import Body, Event, payload_of, types
from troupe_es.numerals import counted


def gist(event: Event) -> str:
    """Return what happened, without who and when; foreign text in it is not made harmless yet."""
    return words(event.body)


def words(body: Body) -> str:
    """Return what a body says."""
    match body:
        case types.SimulationCreated():
            return f"seed {body.seed}, {body.settings.model}, {body.settings.order}, from {body.start}"
        case types.WorldAdded():
            closed = " (network)" if body.access == "network" else ""
            return body.name + closed + (f": {body.description}" if body.description else "")
        case types.PersonMade():
            return f"{body.number}: {body.name} ({body.person}) in {body.world}"
        case types.PersonAdded():
            return f"{body.name} ({body.person}) in {body.world}"
        case types.PersonRemoved():
            return body.person
        case types.FragmentMerged():
            set_aside = f"; set aside {len(body.conflicts)}" if body.conflicts else ""
            changed = ", ".join(change.path for change in body.changes) or "nothing new"
            return f"{body.person}: {body.fragment}, {changed}{set_aside}"
        case types.MindGiven():
            return f"{body.person}: wants {body.mind.goals!r}, feels {body.mind.emotions!r}"
        case types.MinibioAsked():
            return f"of {body.person}"
        case types.PersonMoved():
            return f"{body.person} to {body.world}"
        case types.PeopleRelated():
            return _related(body)
        case types.PeopleUnrelated():
            return _pair(body.a, body.b, body.directed, body.name or "")
        case types.TimeSkipped():
            return f"{body.seconds} s"
        case types.PersonChanged():
            return f"{body.person}: {_change(body.path, body.before, body.after)}"
        case types.SettingsChanged():
            return _change(body.path, body.before, body.after)
        case types.StimulusGiven():
            speaker = f"{body.speaker}, " if body.speaker else ""
            image = f" [{body.image.media} {body.image.sha256[:12]}]" if body.image else ""
            return f"{speaker}to {body.world or ', '.join(body.to)}: {body.content}{image}"
        case types.RunRequested():
            return f"{counted(body.steps, 'step')} of {body.seconds} s, edition {body.edition}"
        case types.QuestionAsked():
            return f"to {body.person}: {body.question}"
        case types.FacultyGiven() | types.FacultyTaken():
            return f"{body.faculty} {'to' if isinstance(body, types.FacultyGiven) else 'from'} {_everybody(body.to)}"
        case types.CodeEnabled():
            return f"{body.kind} {body.name}, code {body.fingerprint[:12]}"
        case types.InterventionAdded():
            them = (
                ""
                if body.each is None
                else f" for {body.each if isinstance(body.each, str) else _everybody(body.each)}"
            )
            return f"{body.name}{them}: {_doing(body.effects)}"
        case types.InterventionRemoved():
            return body.name
        case types.ClaimsPut():
            return f"about {_everybody(body.about)}: {'; '.join(body.claims)}"
        case types.PopulationPlanned():
            what = ", ".join(each.of[0] for each in body.sampled if each.kind != "joint")
            return f"{counted(len(body.people), 'person')} in {body.world}" + (f" by {what}" if what else "")
        case types.ExtractionAsked():
            sought = f"{', '.join(field.name for field in body.fields)} of {_everybody(body.about)}"
            return sought + (f": {body.objective}" if body.objective else "")
        case types.SurveyGiven():
            put = f"{counted(len(body.questions), 'question')} to {counted(len(body.people), 'person')}"
            return f"{body.title or 'survey'}: {put}"
        case types.PredictionSealed():
            return f"{body.sha256} of {', '.join(body.questions)}"
        case types.TruthLoaded():
            return f"{body.sha256}, {counted(body.n, 'row')}, {', '.join(body.columns)}"
        case types.LabelsAsked():
            return f"at most {body.most} for {counted(len(body.texts), 'text')}"
        case types.RewritingAsked():
            wanted = "; ".join(filter(None, (body.requirements, body.style))) or "in other words"
            return f"{wanted}: {body.text}"
        case types.StoryRequested():
            begun = "one that goes on" if body.continues else "one that begins"
            return begun + (f": {body.requirements}" if body.requirements else "")
    return _derived(body)


def _derived(body: Body) -> str:
    match body:
        case types.StepStarted():
            return ", ".join(body.schedule)
        case types.ModelAnswered():
            misfit = f", unusable: {body.misfit}" if body.misfit else ""
            return f"{body.address or 'shared'} by {body.model}{misfit}"
        case types.PersonWent():
            return f"to {body.world}"
        case types.ActionTaken():
            return f"{body.kind}{f' to {body.target}' if body.target else ''}: {body.content}"
        case types.TurnEnded():
            return counted(body.actions, "action") + (f"; feels {body.mind.emotions}" if body.mind.emotions else "")
        case types.MemoryFormed():
            return f"{body.kind}, importance {body.importance}, from {_events(body.sources)}: {body.content}"
        case types.InsightFormed():
            return f"importance {body.importance}, from {_events(body.evidence)}: {body.content}"
        case types.EpisodeConsolidated():
            return f"events {body.first} to {body.last}, {counted(body.memories, 'memory')}"
        case types.ConsolidationFailed():
            return f"events {body.first} to {body.last}, after {counted(body.attempts, 'attempt')}: {body.reason}"
        case types.ReflectionEnded():
            return body.failed or counted(body.insights, "insight")
        case types.MemoriesEmbedded():
            return f"{len(body.of)} by {body.model}"
        case types.ActionsJudged():
            return _judged(body)
        case types.ActionHeldBack():
            return f"{body.kind} as before ({body.similarity:.2f} alike): {body.content}"
        case types.MinibioWritten():
            return body.failed or body.text
        case types.DocumentWritten():
            return f"{body.title!r} by {body.author}, {counted(len(body.content), 'character')}"
        case types.AppointmentMade():
            guests = f" with {', '.join(body.attendees)}" if body.attendees else ""
            return f"{body.title}, {body.start} to {body.end}{guests}"
        case types.FacultyUsed():
            return f"{body.kind}{f' to {body.target}' if body.target else ''}: {body.content}"
        case types.ResultSeen():
            return f"{body.kind}: {body.content}" + (f" ({_scores(body.found)})" if body.found else "")
        case types.PersonNotMade():
            return f"{body.number}, after {counted(body.attempts, 'attempt')}: {body.reason}"
        case types.TurnFailed():
            return f"after {counted(body.attempts, 'attempt')}: {body.reason}"
        case types.QuestionAnswered():
            return body.failed or body.answer
        case types.InterventionChecked():
            return f"{_aimed(body.name, body.target)} does not hold: {body.failed or _found(body.verdicts)}"
        case types.InterventionFired():
            found = f"; {_found(body.verdicts)}" if body.verdicts else ""
            rests = f" (events {_events(body.evidence)})" if body.evidence else ""
            return f"{_aimed(body.name, body.target)}: {_doing(body.effects)}{rests}{found}"
        case types.EffectFailed():
            return f"{body.effect.do}: {body.reason}"
        case types.ClaimsJudged():
            return body.failed or _found(body.verdicts)
        case types.Extracted():
            return body.failed or "; ".join(
                f"{found.field} = {found.value!r} (events {_events(found.evidence)})" for found in body.values
            )
        case types.SurveyAnswered():
            said = "skipped" if body.skipped else repr(body.answer)
            return f"{body.question}: {body.failed or said}" + (f" ({body.reason})" if body.reason else "")
        case types.SurveyTaken():
            return f"{body.answered} answered, {body.skipped} skipped, {body.failed} failed"
        case types.LabelsGiven():
            return body.failed or ", ".join(body.labels)
        case types.StoryTold() | types.Rewritten():
            return body.failed or body.text
        case types.StepEnded():
            return ""
        case types.RunEnded():
            return f"{counted(body.steps, 'step')}, {counted(body.turns, 'turn')}, {body.failed} failed"
    return payload_of(body)


def _judged(body: types.ActionsJudged) -> str:
    """Name every score, and which attempt is the best so far."""
    scores = ", ".join(f"{score.check} {score.score}" for score in body.scores) or "nothing to judge"
    outcome = body.failed or ("passed" if body.passed else "rewritten" if body.rewritten else f"best is {body.best}")
    return f"attempt {body.attempt}: {scores}; {outcome}"


def _aimed(name: str, target: str | None) -> str:
    return f"{name} for {target}" if target else name


def _doing(effects: list[types.Effect]) -> str:
    return ", ".join(effect.do for effect in effects) or "nothing"


def _found(verdicts: list[types.Verdict]) -> str:
    """Name every verdict, with its score and the reason for it."""
    return "; ".join(
        f"{each.claim!r} {'yes' if each.holds else 'no'} ({each.score}): {each.reason}" for each in verdicts
    )


def _related(body: types.PeopleRelated) -> str:
    """Name the first relations, and say how many more there are."""
    edges = [_pair(edge.a, edge.b, edge.directed, edge.name) for edge in body.edges[:5]]
    more = len(body.edges) - len(edges)
    return ", ".join(edges) + (f" and {more} more" if more else "")


def _pair(a: str, b: str, directed: bool, name: str) -> str:
    return f"{a} {'→' if directed else '–'} {b}" + (f" ({name})" if name else "")


def _everybody(to: list[str] | None) -> str:
    return "everybody" if to is None else ", ".join(to)


def _events(seqs: list[int]) -> str:
    return ", ".join(map(str, seqs))


def _scores(found: list[types.Found]) -> str:
    """Name the best of what was found with their scores, and say how many more there are."""
    best = [f"{each.seq or each.place} {each.score:.2f}" for each in found[:5]]
    return "found " + ", ".join(best) + (f" and {len(found) - 5} more" if len(found) > 5 else "")


def _change(path: str, before: Any, after: Any) -> str:
    return f"{path} = {after!r} (was {before!r})"
