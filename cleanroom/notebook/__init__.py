"""Work from a notebook: dataframes in, typed answers out.

``simulate`` runs a two-sided rehearsal, ``connect`` opens a live party's room; both are asked the
same way, by one method for each template.
"""

from cleanroom.notebook.answer import Answer
from cleanroom.notebook.asked import Question, Questions
from cleanroom.notebook.described import Described, audience, events, measure
from cleanroom.notebook.live import LiveRoom, connect, erase
from cleanroom.notebook.rehearsal import Rehearsal, simulate

__all__ = [
    "Answer",
    "Described",
    "LiveRoom",
    "Question",
    "Questions",
    "Rehearsal",
    "audience",
    "connect",
    "erase",
    "events",
    "measure",
    "simulate",
]
