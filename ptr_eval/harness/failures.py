"""Which errors of a backend are a failed request, and what they say."""

import sys

from ptr_eval.servers import Rejection, one_line, reject


def failures() -> tuple[type[Exception], ...]:
    """List the errors by which a backend says that it could not answer."""
    known: list[type[Exception]] = [
        OSError, RuntimeError, ValueError, AssertionError, LookupError, TypeError,
    ]  # fmt: skip
    # Only a backend that was loaded can have raised its library's errors.
    for module, name in (("aiohttp", "ClientError"), ("tenacity", "RetryError")):
        if module in sys.modules:
            known.append(getattr(sys.modules[module], name))
    return tuple(known)


def rejection_of(error: Exception) -> Rejection:
    """Understand an error that a backend raised instead of answering."""
    response = getattr(error, "response", None)
    for holder, name in ((error, "status"), (error, "status_code"), (response, "status_code")):
        status = getattr(holder, name, None)
        if isinstance(status, int) and status >= 400:
            return reject(status, getattr(response, "text", None) or str(error))
    return Rejection(described(error), "none", undelivered=_disconnected(error))


def described(error: BaseException) -> str:
    """Describe an error on one line: its kind, and what it says."""
    words = one_line(str(error))
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _disconnected(error: Exception) -> bool:
    """Tell whether a server hung up, or is not there; one that merely takes too long is."""
    names = [base.__name__ for base in type(error).__mro__]
    if any("Timeout" in name for name in names):
        return False
    return any("Connection" in name for name in names)
