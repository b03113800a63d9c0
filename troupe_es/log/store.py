"""The open store with everything it can do; each part has a file of its own."""

from troupe_es.log.answers import Answers
from troupe_es.log.history import History
from troupe_es.log.notes import Blobs, Snapshots


class Log(History, Answers, Snapshots, Blobs):
    """A store: simulations, branches, events, answers, and what stands beside them. See ``Log.open``."""
