"""What the user says between two rounds, and below candidates.

The words matter: an instruction that asserts a mistake changes right answers. So there is a
neutral one, one that seeks precision, one that seeks errors, and a null control that merely
asks again, to tell the effect of refining from the effect of answering twice.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from ptr_eval.errors import UserError

INSTRUCTIONS = {
    "neutral": (
        "Keep thinking about the question and refine your answer. "
        "Then give your full answer again, in the same form as before."
    ),
    "precise": (
        "Go over your answer once more and make it more precise: check every step and every "
        "figure against the question. Then give your full answer, in the same form as before."
    ),
    "critical": (
        "Look for mistakes in your answer: misread conditions, wrong steps, slips in the "
        "arithmetic. Mend what you find, and keep what is right. Then give your full answer, "
        "in the same form as before."
    ),
    "null": "Give your answer again, in the same form as before.",
}
"""The shipped instructions by name."""

SYNTHESES = {
    "examine": (
        "Above are several candidate solutions, each written independently. All of them, some, or "
        "none may be right, and what most of them say need not be. Examine them step by step, take "
        "over what holds, mend what does not, and work the problem out afresh where none of them "
        "does. Then write one complete solution of your own, which does not mention the candidates "
        "and ends with the final answer in the form that the problem asks for."
    )
}
"""The shipped requests for one better answer, made of candidates, by name."""


TEXT_FILES = (".txt", ".md", ".rst", ".text", ".prompt", ".jinja", ".j2", ".json", ".yaml", ".yml")
"""Endings by which a value is known to be meant as a file."""

_SEPARATOR = re.compile(r"(?:^|\S)/\S")
_SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")  # noqa: RUF001 - those of Chinese, too.


def resolve_instruction(choice: str) -> str:
    """Find the text of a refinement instruction."""
    return _resolve(choice, INSTRUCTIONS, "ptr_instruction", "instruction")


def resolve_synthesis(choice: str) -> str:
    """Find the text of a request for one better answer, made of candidates."""
    return _resolve(choice, SYNTHESES, "ptr_synthesis", "request")


def resolve_prompt(choice: str, known: Mapping[str, str]) -> str | None:
    """Find a wording of a task's question: one of its own by name, or a template file's text.

    Args:
        choice: The name, or the file's path.
        known: The task's own wordings by name.

    Returns:
        The template; None if the task has no such wording, and no file is meant.

    Raises:
        UserError: If a file is meant that is not there, or that has no text.
    """
    if choice in known:
        return known[choice]
    if not is_path(choice):
        return None
    where = f"ptr_prompt={choice}"
    text = _read(choice, where, "name a wording of the task, or a template file").rstrip("\n")
    if not text.strip():
        raise UserError(f"{where} is empty; leave it out for the newest wording.")
    return text


def is_path(choice: str) -> bool:
    """Tell whether a value is a file's path rather than a text.

    An existing file is; else what ends as a file of text does, or has a slash and does not end as
    a sentence does: "prompts/my first.txt" is a path, "Check and/or correct it." a text.
    """
    if _found(choice) is not None:
        return True
    text = choice.strip()
    if "\n" in text or "\0" in text:
        return False
    if text.lower().endswith(TEXT_FILES):
        return True
    return bool(_SEPARATOR.search(text)) and not _SENTENCE_END.search(text)


def _resolve(choice: str, known: Mapping[str, str], setting: str, kind: str) -> str:
    if choice in known:
        return known[choice]
    where = setting
    if is_path(choice):
        where = f"{setting}={choice}"
        remedy = "name a text file, or write a text that ends as a sentence does"
        choice = _read(choice, where, remedy)
    elif close := difflib.get_close_matches(choice.strip().lower(), known, n=1, cutoff=0.8):
        raise UserError(
            f"{setting}={choice}: unknown {kind}, close to {close[0]}; choose one of "
            f"{', '.join(known)}, name a text file, or write out a sentence."
        )
    text = choice.removeprefix(_BYTE_ORDER_MARK).strip()
    if not text:
        raise UserError(f"{where} is empty; leave it out for the {next(iter(known))} {kind}.")
    return text


def _read(choice: str, where: str, remedy: str) -> str:
    path = _found(choice)
    if path is None:
        problem = "is a folder" if Path(choice).expanduser().is_dir() else "no such file"
        raise UserError(f"{where}: {problem}; {remedy}.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UserError(f"{where} cannot be read ({reason}); save it as UTF-8 text.") from error


def _found(choice: str) -> Path | None:
    try:
        path = Path(choice).expanduser()
        return path if path.is_file() else None
    except (OSError, ValueError, RuntimeError):  # Too long, with a NUL, or no such home.
        return None


_BYTE_ORDER_MARK = "\ufeff"
