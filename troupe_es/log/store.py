"""The open store with everything it can do; each part has a file of its own."""

from troupe_es.log.checkpoints import Checkpoints
from troupe_es.log.integrity import Integrity
from troupe_es.log.notes import Blobs, Snapshots


class Log(Checkpoints, Integrity, Snapshots, Blobs):
    """A store: simulations, branches, events, answers, and what stands beside them. See ``Log.open``."""
