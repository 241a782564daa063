"""What programs share: a log of JSON lines, and the mediator's last border of an error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import structlog
from structlog.typing import Processor

from cleanroom.system import escape_output, no_core_dumps


def log_lines(*processors: Processor) -> None:
    """Write every event as a line of JSON on standard error, after further ``processors``."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *processors,
            structlog.processors.JSONRenderer(),
        ],
        # Whatever standard error is by then: a caller may have put another in its place.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    logging.getLogger("waitress").setLevel(logging.ERROR)


def main_of(program: Callable[[], None]) -> None:
    """Run a program; a refusal is one sentence and an exit code."""
    # Here and not above: each process of the worker's pool imports the worker's main module.
    import typer  # noqa: PLC0415

    from cleanroom.errors import CleanroomError, of_system  # noqa: PLC0415
    from cleanroom.mediator.ports import StorageFault  # noqa: PLC0415
    from cleanroom.mediator.trouble import cause_of, place_of  # noqa: PLC0415
    from cleanroom.spoken import asked, told  # noqa: PLC0415

    escape_output()
    no_core_dumps()
    log_lines()
    spoken = asked(sys.argv[1:])
    try:
        program()
    except CleanroomError as error:
        typer.echo(told(error, spoken), err=True)
        raise SystemExit(error.exit_code) from None
    except StorageFault as fault:
        sentence = f"The home's disk or database cannot be used ({cause_of(fault)})."
        remedy = "Repair the disk and start again, or restore a backup."
        typer.echo(told(f"{sentence} {remedy}", spoken), err=True)
        raise SystemExit(1) from None
    except OSError as error:
        sentence, code = of_system(error)
        typer.echo(told(sentence, spoken), err=True)
        raise SystemExit(code) from None
    except Exception as error:  # noqa: BLE001 (the last border: a stack shows values)
        typer.echo(f"Failed: {place_of(error)}", err=True)
        raise SystemExit(1) from None
