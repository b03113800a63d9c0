"""What a script says of what people can do: faculties, tools, documents, and code of one's own."""

import os
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from troupe_es import commands, registry
from troupe_es.agent.faculties import documents
from troupe_es.projections import State
from troupe_es.toolbox.reading import read_documents
from troupe_es.tools import Tool


class Gifts:
    """The words of a simulation that give people something, or take it."""

    @property
    @abstractmethod
    def state(self) -> State:
        """The state where it stands."""

    @abstractmethod
    def command(self, command: commands.Command) -> None:
        """Carry out one command."""

    def equip(self, faculty: str, *, to: Sequence[str] = (), **options: Any) -> None:
        """Give people a faculty; nobody named: everybody, those who come later too.

        Raises BadCommand for a faculty there is not, or options it does not take.
        """
        self.command(commands.Equip(faculty, tuple(to), options))

    def unequip(self, faculty: str, *, to: Sequence[str] = ()) -> None:
        """Take a faculty from people; nobody named: from everybody it was given to as one of all."""
        self.command(commands.Unequip(faculty, tuple(to)))

    def give_tools(self, *tools: Tool | str, to: Sequence[str] = ()) -> None:
        """Let people use tools, named or as ``@tool`` made them. Raises MissingCode for one that is not here."""
        for tool in tools:
            if isinstance(tool, Tool):
                registry.register("tool", tool.name, tool)
            self.equip(f"tool:{tool.name if isinstance(tool, Tool) else tool}", to=to)

    def give_documents(
        self, paths: "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]", *, to: Sequence[str] = ()
    ) -> None:
        """Let people consult documents beside those they have: files (txt, md, html, pdf, docx), or folders of them.

        The store keeps their text by its hash; the files are not needed again. One of the same name is replaced.
        PDF and DOCX need the extra ``documents``. Raises UsageError naming the file that cannot be read.
        """
        people = tuple(dict.fromkeys(self.state.person(name).id for name in to))
        for equip in documents.added(self.state, read_documents(paths), people):
            self.command(equip)

    def enable(self, kind: Literal["schedule", "rule"], name: str) -> None:
        """Use a schedule or a rule of one's own, registered by this name, from here on. Raises MissingCode."""
        self.command(commands.Enable(kind, name))
