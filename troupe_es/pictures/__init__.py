"""Pictures as PNG and SVG, and pages of them that open from disk; they need the extra ``plots`` (matplotlib)."""

from troupe_es.pictures.charts import distribution, simulated_and_real
from troupe_es.pictures.drawing import Picture
from troupe_es.pictures.forest import effects
from troupe_es.pictures.page import Section, of_validation, page
from troupe_es.pictures.population import contrast, profile
from troupe_es.pictures.profiles import comparable, of_profile, of_profiles
from troupe_es.pictures.study import of_study
from troupe_es.pictures.surveys import answered

__all__ = [
    "Picture",
    "Section",
    "answered",
    "comparable",
    "contrast",
    "distribution",
    "effects",
    "of_profile",
    "of_profiles",
    "of_study",
    "of_validation",
    "page",
    "profile",
    "simulated_and_real",
]
