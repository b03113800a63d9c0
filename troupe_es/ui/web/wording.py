"""Sentences that were written for the command line, as a page says them: what its forms do, not what to type."""

import re

from troupe_es.llm.choose import CHOICES

CHOOSE = (
    "choose who answers: the improviser is free and offline, its sentences made up by dice; a model of a provider "
    "whose key is set where this service runs is openai:MODEL or azure:DEPLOYMENT; one on that machine is "
    "local:NAME@HASH"
)

SAID: tuple[tuple[str, str], ...] = (
    (re.escape(CHOICES), CHOOSE),
    (r"add 'model: …' or pass --model", "name one under Model, or add 'model: …' to the scenario"),
    (
        r"troupe set REF settings\.model=MODEL, or a branch with --model",
        "open a branch with another model, or ask with another model",
    ),
    (r"--set '", "Set '"),
    (r"--to names who hears --say: give it something to say", "To names who hears it: write what is said, too"),
    (
        r"list it in a file and pass --prices FILE \(or set TROUPE_PRICES\)",
        "whoever runs this service can list it",
    ),
    (r"give the model's price \(--prices FILE\)", "let whoever runs this service list the model's price"),
    (
        r"Give it another name \(troupe run --name NAME\), undo the edit, or fork here \(on_difference='fork', "
        r"troupe run --fork\)\.",
        "Give it another name, undo the edit, or let it part there as a branch.",
    ),
    (r"`troupe resume` (goes on from here|starts it again)", r"Resume \1"),
    (r" \(troupe log [^)]*--type turn-failed\)", " (their type is turn failed)"),
    (r"'troupe model list' has those that are here", "the field for the model offers those that are here"),
    (r": 'troupe pending [^']*' lists who", ""),
    (r"then ask with 'troupe survey' etc\.", "then ask there"),
    (r"'troupe log --help' or schema/events lists them", "the filter offers those that there are"),
)
"""What is said otherwise on a page, as patterns."""


def on_page(text: str) -> str:
    """Return a sentence as a page says it."""
    for pattern, words in SAID:
        text = re.sub(pattern, words, text)
    return text
