"""What a scenario file can say of a population: people to be made, or read from a table or a folder."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, JsonValue, Tag, model_validator

from troupe_es import canonical, commands
from troupe_es.errors import BadPopulation
from troupe_es.factory import plan, tables
from troupe_es.factory.spec import Spec, chosen, read
from troupe_es.scenario.staging import Strict, Text


def _written(value: Any) -> str:
    return "<name>" if isinstance(value, str) else "<whole>"


NamedSpec: TypeAlias = Annotated[
    Annotated[Text, Tag("<name>")] | Annotated[Spec, Tag("<whole>")], Discriminator(_written)
]
"""A population file or a demography file, relative to the scenario file, or a specification written here."""


class Population(Strict):
    """People beside those under ``people``: made as ``spec`` says, or from a ``table`` or a ``folder``."""

    spec: NamedSpec | None = Field(None, description="what they are to be like: a file, or written here")
    count: int | None = Field(None, strict=True, ge=1, le=plan.MOST_PEOPLE, description="how many are made")
    seed: int | None = Field(None, strict=True, description="settles who they are; absent: the scenario's")
    where: list[Text] = Field(default_factory=list, description="what holds for everybody, such as 'age >= 18'")
    only: list[Text] = Field(default_factory=list, description="the dimensions to sample; absent: all")
    without: list[Text] = Field(default_factory=list, description="dimensions that are not sampled")
    table: Text | None = Field(None, description="a CSV, TSV, JSONL, parquet or XLSX file: a person a row")
    columns: dict[Text, Text] = Field(
        default_factory=dict, description="which column of the table is which trait, by path in the persona"
    )
    flesh_out: bool = Field(False, description="whether a model makes up the rest of the people of the table")
    folder: Text | None = Field(None, description="a folder of persona files (.agent.json)")
    known: list[dict[str, JsonValue]] = Field(
        default_factory=list, description="the personas to flesh out, once the table is read"
    )
    world: Text | None = Field(None, description="where they begin; may be left out when there is one world")

    @model_validator(mode="after")
    def _one_source(self) -> "Population":
        if self.table is not None and self.folder is not None:
            raise ValueError("needs 'table' or 'folder', not both")
        made = self.table is None and self.folder is None and not self.known
        if made and (self.spec is None or self.count is None):
            raise ValueError("needs 'spec' and 'count', or else a 'table' or a 'folder'")
        if self.count is not None and not made:
            raise ValueError("'count' is how many are made: a table or a folder has its own number")
        if (self.table is not None) != bool(self.columns):
            raise ValueError("'table' and 'columns' belong together")
        if self.spec is not None and not (made or self.flesh_out):
            raise ValueError("'spec' says how people are made; with a table it needs 'flesh_out: true'")
        return self

    @property
    def whole(self) -> bool:
        """Whether it names no file any more."""
        return not isinstance(self.spec, str) and self.table is None and self.folder is None


def command(population: Population, seed: int) -> commands.Populate:
    """Return the command that has the people made. Raises BadPopulation."""
    assert population.whole
    spec = Spec() if population.spec is None else population.spec
    assert isinstance(spec, Spec)
    spec = chosen(spec, population.only, population.without, population.where)
    world = None if population.world is None else canonical.slug(population.world)
    seed = seed if population.seed is None else population.seed
    if population.known:
        return tables.flesh_out(population.known, spec, world, seed)
    assert population.count is not None
    return plan.plan(spec, population.count, seed, world)


def faults(population: Population, seed: int, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a population whose files are read; ``names`` are those of the other people."""
    try:
        if isinstance(population.spec, Spec):
            read(population.spec.model_dump(exclude_defaults=True), "spec")
        planned = command(population, seed)
    except BadPopulation as error:
        yield "population", str(error)
        return
    taken = {canonical.slug(name) for name in names}
    yield from _twice(planned.people, taken)


def _twice(people: Sequence[Mapping[str, Any]], taken: set[str]) -> Iterator[tuple[str, str]]:
    for person in people:
        id = canonical.slug(str(person.get("name", "")))
        if "name" in person and id in taken:
            yield "population", f"there would be two people of the id {id!r}"
        taken.add(id)
