"""What can happen in a simulation: one frozen model for each type and version of event.

A type is a chosen word in the past tense and never changes its meaning; a change of shape is a new version, with
an upcaster from the last one (``upcast``). *Given* events come from outside (a script, a command line, a fork's
edits) and are fed in again on replay; all others are *derived*: what decide made of them, and replay must make
them again.

The models stand beside each other by subject; here they come together.
"""

from functools import cache
from typing import Annotated, Any, Union

from pydantic import ConfigDict, Field, TypeAdapter

from troupe_es.events.agent import (
    ActionHeldBack,
    ActionsJudged,
    FragmentMerged,
    MindGiven,
    MinibioAsked,
    MinibioWritten,
    Score,
    SetAside,
    TraitChange,
)
from troupe_es.events.asking import (
    Extracted,
    ExtractionAsked,
    FieldType,
    FoundValue,
    LabelsAsked,
    LabelsGiven,
    QuestionKind,
    RewritingAsked,
    Rewritten,
    Sought,
    SurveyAnswered,
    SurveyGiven,
    SurveyQuestion,
    SurveyTaken,
)
from troupe_es.events.base import (
    CHECKS,
    PURPOSES,
    Access,
    ActionKind,
    Body,
    Given,
    Mind,
    Order,
    ProfileChoice,
    Settings,
    Source,
    StimulusKind,
)
from troupe_es.events.core import (
    ActionTaken,
    ModelAnswered,
    PersonAdded,
    PersonChanged,
    PersonRemoved,
    Picture,
    QuestionAnswered,
    QuestionAsked,
    RunEnded,
    RunRequested,
    SettingsChanged,
    SimulationCreated,
    SimulationRedacted,
    StepEnded,
    StepStarted,
    StimulusGiven,
    TurnEnded,
    TurnFailed,
    WorldAdded,
)
from troupe_es.events.faculties import FacultyGiven, FacultyTaken, FacultyUsed, Found, ResultSeen
from troupe_es.events.memory import (
    MEMORY_KINDS,
    ConsolidationFailed,
    Embedded,
    EpisodeConsolidated,
    InsightFormed,
    MemoriesEmbedded,
    MemoryFormed,
    MemoryKind,
    ReflectionEnded,
)
from troupe_es.events.population import PersonMade, PersonNotMade, PopulationPlanned, Sampled, Share
from troupe_es.events.steering import (
    CAUSED,
    ClaimsJudged,
    ClaimsPut,
    Code,
    Condition,
    Effect,
    EffectFailed,
    Happened,
    InterventionAdded,
    InterventionChecked,
    InterventionFired,
    InterventionRemoved,
    Judged,
    Moment,
    Said,
    Steps,
    StoryRequested,
    StoryTold,
    Talked,
    Verdict,
)
from troupe_es.events.tools import AppointmentMade, CodeEnabled, DocumentWritten
from troupe_es.events.validation import PredictionSealed, TruthLoaded
from troupe_es.events.worlds import Edge, PeopleRelated, PeopleUnrelated, PersonMoved, PersonWent, TimeSkipped

__all__ = [
    "CAUSED",
    "CHECKS",
    "MEMORY_KINDS",
    "PURPOSES",
    "TYPES",
    "Access",
    "ActionHeldBack",
    "ActionKind",
    "ActionTaken",
    "ActionsJudged",
    "AppointmentMade",
    "Body",
    "ClaimsJudged",
    "ClaimsPut",
    "Code",
    "CodeEnabled",
    "Condition",
    "ConsolidationFailed",
    "DocumentWritten",
    "Edge",
    "Effect",
    "EffectFailed",
    "Embedded",
    "EpisodeConsolidated",
    "Extracted",
    "ExtractionAsked",
    "FacultyGiven",
    "FacultyTaken",
    "FacultyUsed",
    "FieldType",
    "Found",
    "FoundValue",
    "FragmentMerged",
    "Given",
    "Happened",
    "InsightFormed",
    "InterventionAdded",
    "InterventionChecked",
    "InterventionFired",
    "InterventionRemoved",
    "Judged",
    "LabelsAsked",
    "LabelsGiven",
    "MemoriesEmbedded",
    "MemoryFormed",
    "MemoryKind",
    "Mind",
    "MindGiven",
    "MinibioAsked",
    "MinibioWritten",
    "ModelAnswered",
    "Moment",
    "Order",
    "PeopleRelated",
    "PeopleUnrelated",
    "PersonAdded",
    "PersonChanged",
    "PersonMade",
    "PersonMoved",
    "PersonNotMade",
    "PersonRemoved",
    "PersonWent",
    "Picture",
    "PopulationPlanned",
    "PredictionSealed",
    "ProfileChoice",
    "QuestionAnswered",
    "QuestionAsked",
    "QuestionKind",
    "ReflectionEnded",
    "ResultSeen",
    "RewritingAsked",
    "Rewritten",
    "RunEnded",
    "RunRequested",
    "Said",
    "Sampled",
    "Score",
    "SetAside",
    "Settings",
    "SettingsChanged",
    "Share",
    "SimulationCreated",
    "SimulationRedacted",
    "Sought",
    "Source",
    "StepEnded",
    "StepStarted",
    "Steps",
    "StimulusGiven",
    "StimulusKind",
    "StoryRequested",
    "StoryTold",
    "SurveyAnswered",
    "SurveyGiven",
    "SurveyQuestion",
    "SurveyTaken",
    "Talked",
    "TimeSkipped",
    "TraitChange",
    "TruthLoaded",
    "TurnEnded",
    "TurnFailed",
    "Unknown",
    "Verdict",
    "WorldAdded",
    "body",
]


class Unknown(Body):
    """An event of a type this version does not know. It is kept, chained and shown, and changes nothing."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)


KINDS: tuple[type[Body], ...] = (*CAUSED.values(), PersonMade, SimulationRedacted)
"""Events that are kinds of others."""

TYPES: dict[str, type[Body]] = {
    model.model_fields["type"].default: model
    for base in (Body, Given)
    for model in (*base.__subclasses__(), *(KINDS if base is Body else ()))
    if isinstance(model.model_fields["type"].default, str)
}
"""Every type's newest model, by its chosen word."""


@cache
def body() -> TypeAdapter[Body]:
    """Return what validates any body by its ``type``: the contract for whatever brings events from outside."""
    union: Any = Annotated[Union[tuple(TYPES.values())], Field(discriminator="type")]  # noqa: UP007 - made at run time
    return TypeAdapter(union)
