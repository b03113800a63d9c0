"""Puts the names that the log knows models by into commands, before they become events.

``local`` and ``local:PATH`` mean whatever lies there today; what is chained has to mean the same for ever.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from troupe_es import commands
from troupe_es.events import Settings

Chained: TypeAlias = Callable[[str], str]
"""Gives the name that the log knows a model by; raises UsageError for one that is not there."""


def settled(command: commands.Command, chained: Chained) -> commands.Command:
    """Return ``command`` with every model in it called by its name in the log."""
    match command:
        case commands.Create(settings=settings):
            return replace(command, settings=_settings(settings, chained))
        case commands.Change(path="settings.model", value=str(model)):
            return replace(command, value=chained(model))
        case commands.Change(path="settings.models", value=dict(models)):
            return replace(command, value=_models(models, chained))
        case commands.Change(path=path, value=str(model)) if path.startswith("settings.models."):
            return replace(command, value=chained(model))
    return command


def _settings(settings: Settings, chained: Chained) -> Settings:
    return settings.model_copy(update={"model": chained(settings.model), "models": _models(settings.models, chained)})


def _models(models: dict[str, Any], chained: Chained) -> dict[str, Any]:
    return {key: chained(model) if isinstance(model, str) else model for key, model in models.items()}
