"""Let an assistant read: ``cleanroom mcp``."""

from __future__ import annotations

from cleanroom.cli.common import HomeOption, open_home


def mcp(home: HomeOption = None) -> None:
    """Let an assistant read rooms, templates, prices and answers, over MCP on stdin.

    It can ask nothing, spend nothing, sign nothing and see no person. The passphrase is that of
    CLEANROOM_PASSPHRASE, for standard input belongs to the assistant.

    Example: cleanroom mcp --home acme
    """
    from cleanroom.agent.http import Client
    from cleanroom.workbench.assistant.desk import Desk
    from cleanroom.workbench.assistant.reading import ReadingTransport
    from cleanroom.workbench.assistant.server import serve

    opened = open_home(home)
    client = Client(ReadingTransport(opened.mediator, opened.signing))
    try:
        serve(Desk(opened, client)).run("stdio")
    finally:
        client.close()
