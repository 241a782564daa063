"""Compute a document's identity once, where thousands of jobs refer to the same one."""

from __future__ import annotations

from functools import cached_property

from cleanroom.documents.agreement import Agreement
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.document import Document


class Settled(Document):
    """Remember the identity; a document is frozen, so it never changes."""

    @cached_property
    def settled_identity(self) -> str:
        """Return the identity, computed the first time."""
        return super().identity()

    def identity(self) -> str:
        """Return what the document names itself or its room by."""
        return self.settled_identity


class SettledAgreement(Settled, Agreement):
    """An agreement that many jobs are held against."""


class SettledManifest(Settled, Manifest):
    """A dataset that many jobs use."""
