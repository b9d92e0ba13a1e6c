"""A connection to PostgreSQL that is cut at its COMMIT, before or after the server had it."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from sqlalchemy import URL

COMMIT = b"COMMIT\0"
SOCKET = ".s.PGSQL.5432"


@contextmanager
def cutting(server: URL, *, is_committed: bool) -> Iterator[URL]:
    """Give the address of a proxy; the server's answer to a COMMIT never comes back."""
    with (
        tempfile.TemporaryDirectory(prefix="lf-", dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX) as listening,
    ):
        listening.bind(str(Path(folder) / SOCKET))
        listening.listen()
        thread = Thread(target=_serve, args=(listening, server, is_committed))
        thread.start()
        yield server.set(host=None, port=None, query={"host": folder})
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(listening: socket.socket, server: URL, is_committed: bool) -> None:  # noqa: FBT001
    threads = []
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            break
        upstream = _connect(server)
        up = Thread(target=_send_up, args=(client, upstream, is_committed))
        down = Thread(target=_pass_on, args=(upstream, client))
        threads += [up, down]
        up.start()
        down.start()
    for thread in threads:
        thread.join()


def _connect(server: URL) -> socket.socket:
    folder = server.query.get("host")
    if isinstance(folder, str):
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(str(Path(folder) / SOCKET))
        return upstream
    return socket.create_connection((server.host or "localhost", server.port or 5432))


def _send_up(client: socket.socket, upstream: socket.socket, is_committed: bool) -> None:  # noqa: FBT001
    """Pass on what the program says; at its COMMIT hang up on it, and then on the server."""
    while data := _received(client):
        if COMMIT in data:
            client.shutdown(socket.SHUT_RDWR)
            if is_committed:
                upstream.sendall(data)
            break
        upstream.sendall(data)
    upstream.shutdown(socket.SHUT_WR)


def _pass_on(upstream: socket.socket, client: socket.socket) -> None:
    """Pass on what the server says, until it hangs up; what nobody hears any more is lost."""
    with upstream, client:
        while data := _received(upstream):
            try:
                client.sendall(data)
            except OSError:
                continue


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""
