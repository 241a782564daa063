"""Run a command and turn what it raises into a sentence and an exit code.

0 done; 2 wrong usage or invalid input; 3 refused by policy or budget; 4 the peer or the mediator
broke the protocol or cannot be reached; 5 an audit check failed; 1 anything else.
"""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Sequence

import typer
from typer.exceptions import Abort, TyperException

from cleanroom.errors import CleanroomError, of_system
from cleanroom.spoken import SPOKEN, asked, told
from cleanroom.system import escape_output, no_core_dumps
from protocols.errors import RemoteError

INTERRUPTED = 130

SELDOM = 50_000
"""New objects after which the collector looks for garbage: what is imported, most of what a short
command makes, is none, and to look through it takes a tenth of the time."""


def run(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    gc.set_threshold(SELDOM)
    escape_output()
    no_core_dumps()
    debug = "--debug" in arguments
    spoken = SPOKEN.set(asked(arguments))
    try:
        rest = [argument for argument in arguments if argument != "--debug"]
        code = typer.main.get_command(app).main(rest, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except TyperException as error:
        return _misused(error)
    except (Abort, KeyboardInterrupt):
        return _failed("Stopped.", INTERRUPTED, debug=False)
    except CleanroomError as error:
        return _failed(error, error.exit_code, debug)
    except RemoteError as error:
        return _failed(f"Another member or the mediator broke the protocol: {error}.", 4, debug)
    except Exception as error:  # noqa: BLE001 (the last border: nothing may leave a bare stack)
        sentence = (
            f"Something unexpected happened ({type(error).__name__}). Use --debug to see more."
        )
        known = of_system(error) if isinstance(error, OSError) else (sentence, 1)
        return _failed(*known, debug)
    finally:
        SPOKEN.reset(spoken)


def _misused(error: TyperException) -> int:
    """Show what is wrong with the command line."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
    return int(getattr(error, "exit_code", 2))


def _failed(what: CleanroomError | str, code: int, debug: bool) -> int:
    # Here and not above: what every command shares takes longer to import than to show help.
    from cleanroom.cli.common import describe, say  # noqa: PLC0415

    if debug:
        traceback.print_exc(file=sys.stderr)
    spoken = SPOKEN.get()
    say(told(what, spoken) if isinstance(what, str) else describe(what, spoken))
    return code
