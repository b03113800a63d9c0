"""Tools as they are told of: names, arguments, what holds elsewhere; what runs them stands beside the controller."""

from troupe_es.tools.definition import ELSEWHERE, NOT_RUN, Elsewhere, Lost, Tool, tool
from troupe_es.tools.words import cut, plain

__all__ = ["ELSEWHERE", "NOT_RUN", "Elsewhere", "Lost", "Tool", "cut", "plain", "tool"]
