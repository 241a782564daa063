"""A second, slow and plain implementation of what ``docs/reference/protocol.md`` prescribes.

It shares no line and no module with the program: ``hashlib``, ``hmac``, ``pow`` and the primitives
of ``cryptography`` are all it uses.  The vectors beside it are made with it.
"""
