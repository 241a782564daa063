"""Follow the dataset versions: announced, sealed, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.settled import SettledManifest
from cleanroom.documents.agreement import Agreement
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import CleanroomError
from cleanroom.room import policy
from cleanroom.room.states import DatasetState, move


@dataclass
class Dataset:
    """One version and where it stands; ``commitment`` is there once it is sealed."""

    manifest: Manifest
    state: DatasetState = DatasetState.UPLOADING
    commitment: str | None = None


class Datasets:
    """Hold the datasets of a room by their identifier."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self._by_identity: dict[str, Dataset] = {}
        self._versions: dict[tuple[str, str], int] = {}

    def take(self, entry: Seen, verb: str) -> None:
        """Apply a statement about a dataset."""
        if verb == "create":
            self._create(entry)
            return
        dataset = self.get(entry, str(entry.body["dataset"]))
        require(dataset.manifest.party == entry.actor, entry.number, "the dataset is another's")
        target = DatasetState.READY if verb == "seal" else DatasetState.WITHDRAWN
        try:
            dataset.state = move(dataset.state, target)
        except CleanroomError as error:
            raise BadEntry(f"the dataset: {error}", entry.number) from None
        if verb == "seal":
            dataset.commitment = entry.body["upload"]["commitment"]

    def _create(self, entry: Seen) -> None:
        manifest = SettledManifest.from_json(entry.body["manifest"])
        try:
            policy.check_manifest(self.agreement, manifest, entry.actor)
        except CleanroomError as error:
            raise BadEntry(f"the agreement does not allow it: {error}", entry.number) from None
        key = (manifest.party, manifest.name)
        expected = self._versions.get(key, 0) + 1
        require(manifest.version == expected, entry.number, f"the next version is {expected}")
        self._versions[key] = manifest.version
        self._by_identity[manifest.identity()] = Dataset(manifest)

    def get(self, entry: Seen, identity: str) -> Dataset:
        """Return a dataset that an entry names; raise ``BadEntry`` if the log knows none."""
        found = self._by_identity.get(identity)
        if found is None:
            raise BadEntry("it names a dataset that was never announced", entry.number)
        return found

    def ready(self, entry: Seen, identity: str) -> Manifest:
        """Return the manifest of a dataset that may be used."""
        found = self.get(entry, identity)
        state = found.state
        require(state == DatasetState.READY, entry.number, f"it uses a dataset that is {state}")
        return found.manifest

    def all(self) -> list[Dataset]:
        """Return every dataset in the order of the log."""
        return list(self._by_identity.values())
