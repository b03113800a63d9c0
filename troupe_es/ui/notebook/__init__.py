"""Jupyter: people, worlds, transcripts, branches, differences and experiments as they read well, and a chat.

    %load_ext troupe_es.ui.notebook

and what a cell ends with shows itself; or, without it, ``show``. ``chat`` needs ``troupe-es[notebook]``.
"""

from typing import Any

from troupe_es.ui.notebook.chatting import chat
from troupe_es.ui.notebook.markup import Shown
from troupe_es.ui.notebook.showing import SHOWN, show

__all__ = ["Shown", "chat", "load_ipython_extension", "show", "unload_ipython_extension"]


def load_ipython_extension(ipython: Any) -> None:
    """Let Jupyter show what ``show`` shows whenever a cell ends with it (``%load_ext troupe_es.ui.notebook``)."""
    for kind in SHOWN:
        ipython.display_formatter.formatters["text/html"].for_type(kind, lambda thing: show(thing)._repr_html_())


def unload_ipython_extension(ipython: Any) -> None:
    """Take that back (``%unload_ext troupe_es.ui.notebook``)."""
    for kind in SHOWN:
        ipython.display_formatter.formatters["text/html"].pop(kind, None)
