"""What a population is like: how each trait is distributed, how diverse people are, how two populations differ."""

from troupe_es.profiling.comparison import Difference, beside, compare
from troupe_es.profiling.facets import Facet, Profile, profile

__all__ = ["Difference", "Facet", "Profile", "beside", "compare", "profile"]
