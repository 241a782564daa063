"""Say whose fault a failure is: ours, or the other side's.

Every check in this package raises one of these; none returns a bool.  The statuses of HTTP live
in ``api.problems`` alone, the exit codes of the command line in ``cleanroom.cli`` alone.
"""


class ProtocolError(Exception):
    """Stand above everything that this package raises on purpose."""


class LocalError(ProtocolError):
    """Blame the caller: an argument that no peer could have caused."""


class RemoteError(ProtocolError):
    """Blame the sender of some bytes: the peer, the mediator or a file from outside."""


class InvalidElementError(RemoteError):
    """Refuse a group element; ``index`` is the first bad row of the batch."""

    def __init__(self, reason: str, index: int = 0) -> None:
        super().__init__(f"element {index}: {reason}")
        self.reason = reason
        self.index = index


class InvalidCiphertextError(RemoteError):
    """Refuse a ciphertext; ``index`` is the first bad row of the batch."""

    def __init__(self, reason: str, index: int = 0) -> None:
        super().__init__(f"ciphertext {index}: {reason}")
        self.reason = reason
        self.index = index


class InvalidKeyError(RemoteError):
    """Refuse a public key from outside."""


class InvalidMessageError(RemoteError):
    """Refuse a message: wrong length, header, signature, seal or order."""


class InvalidProofError(RemoteError):
    """Refuse a proof, a checkpoint or an entry of the log."""


class SlotOverflowError(LocalError):
    """Refuse a number that could leave its slot."""
