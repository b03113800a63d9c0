"""The HTTP service over a store: a contract of pydantic models, background lives, and events as a stream.

``create_app`` makes it; it needs the extra ``troupe-es[serve]``.
"""

from troupe_es.service.app import create_app

__all__ = ["create_app"]
