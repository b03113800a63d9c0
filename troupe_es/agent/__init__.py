"""People: who they are, what they are shown, and what they decide."""

from troupe_es.agent import faculties as faculties  # registers those that come with the package
