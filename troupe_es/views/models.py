"""Who could answer here: what a form offers where somebody has to name a model."""

import os
from collections.abc import Mapping
from typing import Any

from troupe_es.controller.store import Store
from troupe_es.llm import weights
from troupe_es.llm.choose import configured
from troupe_es.llm.prices import Price, told


def choices(store: Store, environ: Mapping[str, str] = os.environ) -> list[dict[str, str]]:
    """Return ``name`` and ``about`` of each model that could be asked from here.

    The improviser; what the store has at hand; of the price list, what a key or a server is set for; and the weights
    on this machine that were used before. Others may be named as well: no list has all.
    """
    found = {"improviser": "free, sentences made up by dice"}
    found |= {name: "at hand here" for name in store.models if not name.startswith(("tool:", "scripted:"))}
    setup = configured(environ)
    for price in store.prices.all():
        if price.output and _reached(price, setup):
            found.setdefault(
                price.model, f"{told(int(price.input * 1_000_000))} {price.currency} a million tokens in"
            )
    if setup["local"]["engine"]:
        found |= {each.name: "on this machine" for each in weights.known(environ)}
    return [{"name": name, "about": about} for name, about in found.items()]


def _reached(price: Price, setup: Mapping[str, Any]) -> bool:
    """Whether a key or a server is set that answers by this name: a list may name the models of several providers."""
    if price.model.startswith("azure:"):
        return bool(setup["azure"])
    if setup["base_url"]:
        return True
    return bool(setup["key"]) and (not price.source or "openai.com" in price.source)
