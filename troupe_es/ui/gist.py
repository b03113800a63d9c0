"""An event in one line of words: what ``log`` lists and ``diff`` and ``verify`` name."""

from typing import Any

from troupe_es.events import Body, Event, payload_of, types


def gist(event: Event) -> str:
    """Return what happened, without who and when; foreign text in it is not made harmless yet."""
    return words(event.body)


def words(body: Body) -> str:
    """Return what a body says."""
    match body:
        case types.SimulationCreated():
            return f"seed {body.seed}, {body.settings.model}, {body.settings.order}, from {body.start}"
        case types.WorldAdded():
            return body.name + (f": {body.description}" if body.description else "")
        case types.PersonAdded():
            return f"{body.name} ({body.person}) in {body.world}"
        case types.PersonRemoved():
            return body.person
        case types.PersonChanged():
            return f"{body.person}: {_change(body.path, body.before, body.after)}"
        case types.SettingsChanged():
            return _change(body.path, body.before, body.after)
        case types.StimulusGiven():
            speaker = f"{body.speaker}, " if body.speaker else ""
            return f"{speaker}to {body.world or ', '.join(body.to)}: {body.content}"
        case types.RunRequested():
            return f"{body.steps} steps of {body.seconds} s, edition {body.edition}"
        case types.QuestionAsked():
            return f"to {body.person}: {body.question}"
    return _derived(body)


def _derived(body: Body) -> str:
    match body:
        case types.StepStarted():
            return ", ".join(body.schedule)
        case types.ModelAnswered():
            return f"{body.address} by {body.model}" + (f", unusable: {body.misfit}" if body.misfit else "")
        case types.ActionTaken():
            return f"{body.kind}{f' to {body.target}' if body.target else ''}: {body.content}"
        case types.TurnEnded():
            return f"{body.actions} actions" + (f"; feels {body.mind.emotions}" if body.mind.emotions else "")
        case types.TurnFailed():
            return f"after {body.attempts} attempts: {body.reason}"
        case types.QuestionAnswered():
            return body.failed or body.answer
        case types.StepEnded():
            return ""
        case types.RunEnded():
            return f"{body.steps} steps, {body.turns} turns, {body.failed} failed"
    return payload_of(body)


def _change(path: str, before: Any, after: Any) -> str:
    return f"{path} = {after!r} (was {before!r})"
