"""What comes with a command and is stored before the event that names it by hash: images and texts."""

from dataclasses import replace

from troupe_es import commands
from troupe_es.agent.faculties import documents
from troupe_es.controller import pictures
from troupe_es.log import Log
from troupe_es.tools import plain

PLAIN = "text/plain; charset=utf-8"


def kept(log: Log, command: commands.Command) -> commands.Command:
    """Store what comes with ``command``, and return the command with it named by its hash.

    Raises UsageError for what is no image or no document, BadReference for a hash that the store does not hold.
    """
    if isinstance(command, commands.Equip) and command.faculty == documents.NAME:
        for each in documents.read(command.options):
            if each.text is not None:
                log.blob(plain(each.text).encode(), PLAIN)
            elif each.sha256 is not None:
                log.read_blob(each.sha256)
        return replace(command, options=documents.Documents().recorded(command.options))
    return pictures.kept(log, command)
