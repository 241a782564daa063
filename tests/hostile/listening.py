"""A mediator of this process behind real sockets, and a line to it that can be cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from waitress.wasyncore import close_all

from api.app import create_app
from api.wsgi import serve
from cleanroom.mediator import Mediator

Address = tuple[str, int]


@contextmanager
def running(server: Any) -> Iterator[Address]:
    """Let a server of waitress answer until the block ends."""
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield "127.0.0.1", int(server.effective_port)
    finally:
        # In the thread of the loop: with nothing left to watch, it ends.  Under the lock: a pull of
        # another thread could run it, which closes the trigger, before it is pulled here.
        with server.trigger.lock:
            server.trigger.thunks.append(lambda: close_all(server._map))
            server.trigger._physical_pull()
        thread.join(5)
        server.task_dispatcher.shutdown()


@contextmanager
def listening(mediator: Mediator) -> Iterator[Address]:
    """Serve on a free port of loopback until the block ends."""
    server = serve(create_app(mediator), mediator.context.settings, "127.0.0.1", 0)
    with running(server) as address:
        try:
            yield address
        finally:
            mediator.context.bell.silence()


class Line:
    """Pass bytes between a client and a server; count them; cut where it is told to.

    ``cuts`` are numbers of bytes from the client after which the connection then open is reset.
    """

    def __init__(self, server: Address, cuts: list[int]) -> None:
        self._server, self._cuts = server, sorted(cuts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.sent = 0
        self.done_cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            self._start(client, server, self._count)
            self._start(server, client, lambda _size: False)

    def _start(
        self, source: socket.socket, sink: socket.socket, cut: Callable[[int], bool]
    ) -> None:
        threading.Thread(target=self._pass, args=(source, sink, cut), daemon=True).start()

    def _count(self, size: int) -> bool:
        """Count bytes; tell whether the line is cut here."""
        with self._lock:
            self.sent += size
            if self._cuts and self.sent >= self._cuts[0]:
                self._cuts.pop(0)
                self.done_cuts += 1
                return True
            return False

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket, cut: Callable[[int], bool]) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if cut(len(data)):
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
