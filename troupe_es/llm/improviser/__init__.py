"""The improviser: a free, offline, repeatable stand-in for a language model, with a little theatre in it."""

from troupe_es.llm.improviser.model import Improviser

__all__ = ["Improviser"]
