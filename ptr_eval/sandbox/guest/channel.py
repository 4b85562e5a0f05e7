"""Sends messages over a pair of pipes: four bytes of length, then the body.

The other side may be hostile. A length above the limit, or an end of file in the middle of a
message, is an error; no memory is reserved for it.
"""

import os


class Broken(BaseException):
    """The other side closed its pipe or broke the rules.

    It is not an `Exception`, so that no test catches it by accident.
    """


class Channel:
    """One side of a connection."""

    def __init__(self, incoming: int, outgoing: int, limit: int) -> None:
        self.incoming, self.outgoing, self.limit = incoming, outgoing, limit

    def send(self, body: bytes) -> None:
        """Send one message."""
        data = memoryview(len(body).to_bytes(4, "big") + body)
        try:
            while data:
                data = data[os.write(self.outgoing, data) :]
        except OSError as error:
            raise Broken("gone") from error

    def receive(self) -> bytes:
        """Wait for one message."""
        length = int.from_bytes(self._read(4), "big")
        if length > self.limit:
            raise Broken(f"sent more than {self.limit} bytes")
        return self._read(length)

    def _read(self, length: int) -> bytes:
        parts = []
        while length:
            part = os.read(self.incoming, min(length, 1 << 16))
            if not part:
                raise Broken("gone")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)
