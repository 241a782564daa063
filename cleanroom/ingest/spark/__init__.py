"""Read a party's data on Apache Spark: many parts at once, each by the very rules of a file.

A part is a file, or a partition of a query's rows.  A worker judges the rows of its parts, each
row by itself (``worker``).  This process joins what they say (``gathered``), and sees what rows
have to do with each other, by the code that sees it for a file: the table is the same to the byte.
Rows go from the workers to this process by way of an encrypted shuffle, which bounds its memory.
"""

from __future__ import annotations
