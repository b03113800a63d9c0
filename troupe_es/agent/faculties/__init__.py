"""The faculties that come with the package, each in its own module; importing this registers them."""

from troupe_es.agent.faculties.calendar import Calendar
from troupe_es.agent.faculties.documents import Documents
from troupe_es.agent.faculties.moving import Moving
from troupe_es.agent.faculties.recall import Recall
from troupe_es.agent.faculties.tools import Tools
from troupe_es.agent.faculties.web import Web
from troupe_es.agent.faculties.writing import WordProcessor
from troupe_es.agent.faculty import FACULTIES

FACULTIES["tool"] = Tools()
FACULTIES["word-processor"] = WordProcessor()
FACULTIES["calendar"] = Calendar()
FACULTIES["moving"] = Moving()
FACULTIES["documents"] = Documents()
FACULTIES["web"] = Web()
FACULTIES["recall"] = Recall()
