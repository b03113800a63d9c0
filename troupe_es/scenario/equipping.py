"""What a scenario file can say of what people can do: faculties, tools, documents, and code the operator enabled."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, JsonValue, Tag

from troupe_es import canonical, commands
from troupe_es.agent.faculties import documents
from troupe_es.errors import BadCommand
from troupe_es.scenario.staging import Strict, Text


class Document(Strict):
    """A document with its text."""

    name: Text = Field(description="what people call it; unique among those they have")
    text: Text = Field(description="what it says")
    original: str | None = Field(
        None, pattern=r"^[0-9a-f]{64}$", description="SHA-256 (hex) of the file it was read from"
    )


class Faculty(Strict):
    """A faculty with its options."""

    faculty: Text = Field(description="its name: recall, calendar, web, tool:NAME…")
    options: dict[str, JsonValue] = Field(default_factory=dict, description="what it is told")


def _written(value: Any) -> str:
    return "<name>" if isinstance(value, str) else "<whole>"


NamedDocument: TypeAlias = Annotated[
    Annotated[Text, Tag("<name>")] | Annotated[Document, Tag("<whole>")], Discriminator(_written)
]
"""A file relative to the scenario file (txt, md, html, pdf, docx, or a folder of them), or a document in full."""

NamedFaculty: TypeAlias = Annotated[
    Annotated[Text, Tag("<name>")] | Annotated[Faculty, Tag("<whole>")], Discriminator(_written)
]
"""A faculty by its name, or with options."""


class Equip(Strict):
    """Give people a faculty."""

    equip: Text = Field(description="its name: recall, calendar, web, tool:NAME…")
    to: list[Text] = Field(default_factory=list, description="names of the people; absent: everybody")
    options: dict[str, JsonValue] = Field(default_factory=dict, description="what it is told")


class Unequip(Strict):
    """Take a faculty from people."""

    unequip: Text = Field(description="its name")
    to: list[Text] = Field(default_factory=list, description="names of the people; absent: everybody")


class Enabling(Strict):
    """Code of the user's own, by the name it is registered by."""

    kind: Literal["schedule", "rule"]
    name: Text


class Enable(Strict):
    """Use a schedule or a rule of one's own from here on; the operator enabled it with --plugin."""

    enable: Enabling


Equipping: TypeAlias = Equip | Unequip | Enable
"""Program items about what people can do."""


def command(item: Equipping) -> commands.Command:
    """Return what ``item`` makes happen."""
    match item:
        case Equip(equip=name, to=to, options=options):
            return commands.Equip(name, _ids(to), dict(options))
        case Unequip(unequip=name, to=to):
            return commands.Unequip(name, _ids(to))
        case Enable(enable=code):
            return commands.Enable(code.kind, code.name)


def gifts(
    faculties: Iterable[str | Faculty], texts: Sequence[str | Document], to: tuple[str, ...] = ()
) -> Iterator[commands.Command]:
    """Yield what gives faculties and documents to people (ids), or to everybody."""
    for each in faculties:
        name, options = (each, {}) if isinstance(each, str) else (each.faculty, dict(each.options))
        yield commands.Equip(name, to, options)
    if texts:
        whole = [each.model_dump(exclude_none=True) for each in texts if isinstance(each, Document)]
        yield commands.Equip(documents.NAME, to, {"documents": whole})


def faults(texts: Sequence[str | Document], path: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the documents of one person, once they are read."""
    whole = [each.model_dump(exclude_none=True) for each in texts if isinstance(each, Document)]
    if whole and len(whole) == len(texts):
        try:
            documents.read({"documents": whole})
        except BadCommand as error:
            yield path, str(error)


def to_whom(item: Equipping) -> list[str]:
    """Return the names of the people that ``item`` is about."""
    return [] if isinstance(item, Enable) else item.to


def _ids(names: list[str]) -> tuple[str, ...]:
    return tuple(canonical.slug(name) for name in names)
