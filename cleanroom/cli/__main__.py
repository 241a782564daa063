"""Let ``python -m cleanroom.cli`` run the command line."""

from cleanroom.cli import main

main()
