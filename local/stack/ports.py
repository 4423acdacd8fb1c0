"""Which TCP port to listen on."""

from __future__ import annotations

import socket


def free_port(preferred: int = 0) -> int:
    """`preferred` when nothing listens there, else one the system picks."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])
