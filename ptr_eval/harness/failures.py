"""Which errors of a backend are a failed request, and which end the run."""

import logging
import sys

from ptr_eval.errors import UserError

_COLLATERAL = ("Session is closed", "Connector is closed", "CancelledError", "tqdm_asyncio.gather")


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


def rejected(error: Exception) -> bool:
    """Tell whether a server answered, and said no."""
    return hasattr(error, "status") or getattr(error, "response", None) is not None


def disconnected(error: Exception) -> bool:
    """Tell whether a server hung up, or is not there; one that merely takes too long is."""
    names = [base.__name__ for base in type(error).__mro__]
    if any("Timeout" in name for name in names):
        return False
    return any("Connection" in name for name in names)


def unreachable(error: Exception, *, answered: bool = False) -> Exception:
    """Choose what to raise when a failure ends the run."""
    connection = isinstance(error, OSError) or disconnected(error)
    if not connection:
        return error
    before = (
        "earlier answers are in the ledger, if one is kept" if answered else "nothing was answered"
    )
    return UserError(
        f"The model cannot be reached ({one_line(error)}); {before}. "
        "Check base_url, and that the server is running."
    )


def one_line(error: Exception) -> str:
    """Shorten an error to one line."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:300]}" if text else type(error).__name__


def hush_collateral() -> None:
    """Keep lm-eval's API client from logging requests that end only because another one failed.

    Its concurrent requests go down together, each with a traceback; they are asked again.
    """
    for name in ("asyncio", "lm_eval.models.api_models"):
        logger = logging.getLogger(name)
        if _is_news not in logger.filters:
            logger.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return not any(mark in record.getMessage() for mark in _COLLATERAL)
