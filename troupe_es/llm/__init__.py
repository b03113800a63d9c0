"""Models: what is asked, what comes back, and who answers."""

from troupe_es.llm.protocol import All, Effect, Finish, Kind, Message, Model, Request, Response, Schema

__all__ = ["All", "Effect", "Finish", "Kind", "Message", "Model", "Request", "Response", "Schema"]
