"""`python -m local.standin --org DIR:PORT [--org DIR:PORT ...]`: serve until interrupted."""

import argparse
import signal
import threading
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from .serving import Address, RunningOrg, serve, write_ready


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local.standin", description=__doc__)
    parser.add_argument(
        "--org", action="append", required=True, metavar="DIR:PORT", help="port 0: any free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--ca-dir", type=Path, help="keep the certificates here (ca.pem)")
    parser.add_argument("--ready-file", type=Path, help="JSON about the orgs, once they answer")
    parser.add_argument("--public-host", help="host in instance_url and id (default: --host)")
    parser.add_argument("--public-scheme", choices=("http", "https"), default="https")
    return parser.parse_args()


def _split(text: str) -> tuple[Path, int]:
    folder, _, port = text.rpartition(":")
    return (Path(folder), int(port)) if folder else (Path(text), 0)


def main() -> None:
    """Serve every org given until SIGINT or SIGTERM."""
    arguments = _arguments()
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with ExitStack() as stack:
        ca_dir = arguments.ca_dir or Path(stack.enter_context(TemporaryDirectory()))
        orgs = [stack.enter_context(_served(text, arguments, ca_dir)) for text in arguments.org]
        for running in orgs:
            print(f"{running.org.name}: {running.url} and {running.https_url}", flush=True)
        if arguments.ready_file:
            write_ready(arguments.ready_file, orgs)
        stopped.wait()


def _served(
    text: str, arguments: argparse.Namespace, ca_dir: Path
) -> AbstractContextManager[RunningOrg]:
    folder, port = _split(text)
    address = Address(arguments.host, port, arguments.public_host, arguments.public_scheme)
    return serve(folder, address, ca_dir=ca_dir)


if __name__ == "__main__":
    main()
