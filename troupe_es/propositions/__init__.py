"""Propositions: claims about people, judged by a model from what happened, with the events they rest on."""

from troupe_es.propositions.claims import MARK, apart, denied, fill, standard, standards
from troupe_es.propositions.judging import Material, form

__all__ = ["MARK", "Material", "apart", "denied", "fill", "form", "standard", "standards"]
