"""The command line of a party and of the auditor: one small file per noun."""

from __future__ import annotations

import sys


def main() -> None:
    """Run ``cleanroom``; end with the exit code that the error's kind has."""
    from cleanroom.cli.root import app  # noqa: PLC0415 (imports the product)
    from cleanroom.cli.run import run  # noqa: PLC0415

    sys.exit(run(app, sys.argv[1:]))
