"""The pages beside the timeline and its events: world, people, branching, comparing, costs, what was asked, proof."""

from troupe_es.ui.web import (
    accounts,
    asked,
    branching,
    comparing,
    experimenting,
    experiments,
    integrity,
    people,
    validation,
    world,
)

ROUTERS = tuple(
    each.router
    for each in (
        experiments,
        experimenting,
        world,
        people,
        accounts,
        asked,
        branching,
        comparing,
        integrity,
        validation,
    )
)
"""The experiments come first: their address looks like that of a branch."""
