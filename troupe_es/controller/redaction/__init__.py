"""Takes a person's data out of a store by writing a new one, decided again without it.

Nothing is ever deleted from a store, and a chain cannot be mended: so every life is lived again from what was given
and answered, the words replaced, into a new file with a chain of its own. It is an ordinary recording, which verifies
as any other; the journal holds the heads that its branches had before.
"""

from troupe_es.controller.redaction.redacting import Asked, Redacted, redact

__all__ = ["Asked", "Redacted", "redact"]
