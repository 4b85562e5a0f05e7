"""Servers in the form of OpenAI's: sending requests at their pace, and reading what comes back.

client.py      requests in flight, each with an outcome of its own
pace.py        when the next request may be sent to a server that refuses what is too much
body.py        what a response says
rejection.py   what a refusal means
"""

from ptr_eval.servers.body import Generation, read_body
from ptr_eval.servers.client import Result, Server, Stream
from ptr_eval.servers.pace import Pace
from ptr_eval.servers.rejection import Rejection, one_line, reject, retry_after

__all__ = [
    "Generation",
    "Pace",
    "Rejection",
    "Result",
    "Server",
    "Stream",
    "one_line",
    "read_body",
    "reject",
    "retry_after",
]
