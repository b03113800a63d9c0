"""How a page comes by the store it shows: as the API does."""

from troupe_es.service.stores import Reader as Reading

__all__ = ["Reading"]
