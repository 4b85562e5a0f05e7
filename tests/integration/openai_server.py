"""`transformers serve`: a server in the form of OpenAI's that runs the model it is given."""

import http.client
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

_PATIENCE = 120.0
_SERVE = "from transformers.cli.transformers import main; main()"


class Serving:
    """A server on this machine, from the beginning of a `with` block to its end.

    Args:
        model: The model's folder.
        log: The file for what the server prints.
        port: Where to listen; a free port by default.
    """

    def __init__(self, model: Path, log: Path, port: int | None = None) -> None:
        self._log = log
        self.port = port or _free_port()
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--device", "cpu"]
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVE, "serve", str(model), *options],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"

    @property
    def answered(self) -> int:
        """How many chats it has answered."""
        return self._log.read_text(encoding="utf-8").count('/v1/chat/completions HTTP/1.1" 200')

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> "Serving":
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise
        return self

    def _wait(self) -> None:
        end = time.monotonic() + _PATIENCE
        while not _healthy(self.port):
            if self._process.poll() is not None or time.monotonic() > end:
                printed = self._log.read_text(encoding="utf-8")[-3000:]
                raise RuntimeError(f"the server did not start: {printed}")
            time.sleep(0.2)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
