"""Print something random of every source that the product draws from, and what was told."""

from __future__ import annotations

import os
import secrets
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.utils import random as libsodium

from cleanroom.privacy.noise import NoiseSpec, draw_share
from cleanroom.system import escape_output

if __name__ == "__main__":
    escape_output()
    for drawn in (
        secrets.token_hex(16),
        os.urandom(16).hex(),
        Ed25519PrivateKey.generate().private_bytes_raw().hex(),
        AESGCM.generate_key(256).hex(),
        libsodium(16).hex(),
        *(draw_share(NoiseSpec(kind, 2.0**50), 4) for kind in ("discrete-gaussian",)),
        *(draw_share(NoiseSpec(kind, 2.0**50), 4) for kind in ("discrete-laplace",)),
    ):
        print(drawn)
    print(sys.argv[1:], os.environ.get("TOLD"), file=sys.stderr)
    sys.exit(3)
