"""Puts the names that the log knows models by into commands, before they become events.

``local`` and ``local:PATH`` mean whatever lies there today; what is chained has to mean the same for ever.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias, cast

from troupe_es import commands
from troupe_es.events import Settings
from troupe_es.events.types import Effect
from troupe_es.world.effects import command_of, effect_of

Chained: TypeAlias = Callable[[str], str]
"""Gives the name that the log knows a model by; raises UsageError for one that is not there."""


def settled(command: commands.Command, chained: Chained) -> commands.Command:
    """Return ``command`` with every model in it called by its name in the log."""
    match command:
        case commands.Create(settings=settings):
            return replace(command, settings=_settings(settings, chained))
        case commands.Change(path="settings.model" | "settings.embedder", value=str(model)):
            return replace(command, value=chained(model))
        case commands.Change(path="settings.models", value=dict(models)):
            return replace(command, value=_models(models, chained))
        case commands.Change(path=path, value=str(model)) if path.startswith("settings.models."):
            return replace(command, value=chained(model))
        case commands.Intervene(effects=effects):
            return replace(command, effects=tuple(_later(effect, chained) for effect in effects))
    return command


def _later(effect: Effect, chained: Chained) -> Effect:
    """Return what an intervention makes happen; that, too, stands in the log as it is said."""
    if effect.do != "set":
        return effect
    change = cast(commands.Change, command_of(effect))
    named = cast(commands.Change, settled(change, chained))
    return effect if named == change else effect_of(named)


def _settings(settings: Settings, chained: Chained) -> Settings:
    embedder = settings.embedder and chained(settings.embedder)
    models = _models(settings.models, chained)
    return settings.model_copy(update={"model": chained(settings.model), "models": models, "embedder": embedder})


def _models(models: dict[str, Any], chained: Chained) -> dict[str, Any]:
    return {key: chained(model) if isinstance(model, str) else model for key, model in models.items()}
