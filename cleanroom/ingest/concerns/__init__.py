"""Notice what is probably not meant in a file that can be read: for its owner, never sent.

A concern refuses nothing.  No identifier is kept here: a cell is masked as soon as it is looked
at, to the kinds of its signs.
"""
