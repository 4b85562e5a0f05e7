"""The untrusted side: runs a program and replies to calls of its function.

The program may read, replace or end everything here. It can only lose its verdict that way: what it
sends are values that are tested elsewhere, never a verdict.
"""

import marshal
import os
import sys

from .channel import Channel
from .values import Caught, encode, quote

READY = b"ready"


def take_over_descriptors(pipes: list[int]) -> tuple[int, int]:
    """Keep the two pipes, close all other descriptors, and open empty standard ones."""
    high = [os.dup2(descriptor, 60 + at, inheritable=False) for at, descriptor in enumerate(pipes)]
    os.closerange(0, 60)
    os.closerange(62, 1 << 20)
    for _ in range(3):
        os.set_inheritable(os.open("/dev/null", os.O_RDWR), True)
    return high[0], high[1]


def describe(error: BaseException) -> str:
    """Write an exception in JSON: the names of its classes, most special first, and its text."""
    text = "?"
    with Caught():
        text = str(error)[:500]
    names = ",".join(quote(kind.__name__) for kind in type(error).__mro__)
    return f'{{"raise":[[{names}],{quote(text)}]}}'


def serve(channel: Channel) -> None:
    """Load the program, which is sent first, then reply to calls until the pipe is closed."""
    source, entry_point = marshal.loads(channel.receive())
    module = type(sys)("solution")
    sys.modules["solution"] = module
    reply = '{"value":null}'
    with Caught() as caught:
        exec(compile(source, "solution.py", "exec", dont_inherit=True), module.__dict__)
    if caught.error is not None:
        reply = describe(caught.error)
    while True:
        channel.send(reply.encode("ascii"))
        args, kwargs = marshal.loads(channel.receive())
        with Caught() as caught:
            reply = f'{{"value":{encode(getattr(module, entry_point)(*args, **kwargs))}}}'
        if caught.error is not None:
            reply = describe(caught.error)


def main(pipes: list[int]) -> None:
    """Report that this process is isolated, and serve."""
    channel = Channel(*take_over_descriptors(pipes), limit=1 << 30)
    channel.send(READY)
    serve(channel)
