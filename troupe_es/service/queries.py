"""What may stand in a query: what a route takes, and nothing else, so that a slip is told and not overlooked."""

from fastapi import Request
from fastapi.routing import APIRoute

from troupe_es.errors import UsageError


def known(request: Request) -> None:
    """Raise UsageError for a query parameter that the route does not take."""
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    there = [field.alias for field in route.dependant.query_params]
    for name in request.query_params:
        if name not in there:
            takes = f"it takes {', '.join(there)}" if there else "it takes none"
            raise UsageError(f"query.{name}: {route.path} has no such parameter; {takes}")
