"""Follow the dataset versions: announced, sealed, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.rooms import Rooms
from cleanroom.audit.history.settled import SettledManifest
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import CleanroomError
from cleanroom.room import policy
from cleanroom.room.amendments import LEFT_BEHIND
from cleanroom.room.retention import WHY
from cleanroom.room.standing import Versions
from cleanroom.room.states import DatasetState, move


@dataclass
class Dataset:
    """One version and where it stands; ``commitment`` is there once it is sealed.

    ``why`` says why it was taken back: "withdrawn", "erased", "left" or "retention".
    """

    manifest: Manifest
    state: DatasetState = DatasetState.UPLOADING
    why: str = ""
    commitment: str | None = None
    deleted: bool = False
    """Whether the mediator signed that it deleted what it had of it."""


class Datasets:
    """Hold the datasets of a room by their identifier."""

    def __init__(self, room: Rooms) -> None:
        self._room = room
        self._by_identity: dict[str, Dataset] = {}
        self._versions: dict[tuple[str, str], int] = {}
        self.erasures: list[Seen] = []

    def take(self, entry: Seen, verb: str) -> list[str]:
        """Apply a statement about a dataset that there is; return what it took back."""
        if verb == "seal":
            dataset = self._move(entry, str(entry.body["dataset"]), DatasetState.READY)
            dataset.commitment = entry.body["upload"]["commitment"]
            return []
        if verb == "erase":
            self.erasures.append(entry)
            back, why = [str(one) for one in entry.body["datasets"]], "erased"
        else:
            back, why = [str(entry.body["dataset"])], "withdrawn"
        for one in back:
            self._move(entry, one, DatasetState.WITHDRAWN).why = why
        return back

    def _move(self, entry: Seen, identity: str, target: DatasetState) -> Dataset:
        dataset = self.get(entry, identity)
        require(
            dataset.manifest.party == entry.actor, entry.number, "the dataset is somebody else's"
        )
        try:
            dataset.state = move(dataset.state, target)
        except CleanroomError as error:
            raise BadEntry(f"the dataset: {error}", entry.number) from None
        return dataset

    def left(self, party: str) -> list[str]:
        """Take all versions back of a member that an amendment took away; return which."""
        back = [
            name
            for name, one in self._by_identity.items()
            if one.manifest.party == party and one.state != DatasetState.WITHDRAWN
        ]
        for name in back:
            one = self._by_identity[name]
            one.state, one.why = DatasetState.WITHDRAWN, LEFT_BEHIND
        return back

    def expire(self, entry: Seen, identity: str) -> None:
        """End a version that was kept as long as is agreed."""
        dataset = self.get(entry, identity)
        stands = dataset.state != DatasetState.WITHDRAWN
        require(stands, entry.number, "it ends a dataset that was taken back")
        dataset.state, dataset.why = DatasetState.WITHDRAWN, WHY

    def state(self, identity: str) -> DatasetState:
        """Return where a version that there is stands."""
        return self._by_identity[identity].state

    def deleted(self, entry: Seen, identity: str, why: str) -> None:
        """Take the mediator's word that it deleted a dataset that was taken back, once."""
        dataset = self.get(entry, identity)
        back = dataset.state == DatasetState.WITHDRAWN
        require(back, entry.number, "it deletes a dataset that nobody took back")
        require(not dataset.deleted, entry.number, "it deletes a dataset twice")
        same = why == dataset.why
        require(same, entry.number, "it names a different reason from the log's")
        dataset.deleted = True

    def create(self, entry: Seen) -> str:
        """Add the next version of a dataset; return its identifier."""
        manifest = SettledManifest.from_json(entry.body["manifest"])
        try:
            policy.check_manifest(self._room.agreement, manifest, entry.actor)
        except CleanroomError as error:
            raise BadEntry(f"the agreement does not allow it: {error}", entry.number) from None
        key = (manifest.party, manifest.name)
        expected = self._versions.get(key, 0) + 1
        require(manifest.version == expected, entry.number, f"the next version is {expected}")
        self._versions[key] = manifest.version
        identity = manifest.identity()
        self._by_identity[identity] = Dataset(manifest)
        return identity

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

    def manifest(self, identity: str) -> Manifest:
        """Return the manifest of a dataset that there is."""
        return self._by_identity[identity].manifest

    def versions(self) -> Versions:
        """Return the line and the version of every dataset that may be used."""
        return {
            name: ((one.manifest.party, one.manifest.name), one.manifest.version)
            for name, one in self._by_identity.items()
            if one.state == DatasetState.READY
        }

    def all(self) -> list[Dataset]:
        """Return every dataset in the order of the log."""
        return list(self._by_identity.values())
