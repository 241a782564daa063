"""Work with rooms from Python: rehearse both sides, ask from a notebook, let an assistant read.

In a notebook, ``rehearsal`` runs a two-sided rehearsal and ``live`` opens a live party's room; both
are asked the same way, by one method for each template.  ``rehearse`` starts the real programs on
one machine, for ``cleanroom simulate`` and for notebooks.
"""
