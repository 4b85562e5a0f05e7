"""What the user says between two rounds, and below candidates.

The words matter: an instruction that asserts a mistake changes right answers. So there is a
neutral one, one that seeks precision, one that seeks errors, and a null control that merely
asks again, to tell the effect of refining from the effect of answering twice.
"""

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


def resolve_instruction(choice: str) -> str:
    """Find the text of a refinement instruction."""
    return _resolve(choice, INSTRUCTIONS, "ptr_instruction", "instruction")


def resolve_synthesis(choice: str) -> str:
    """Find the text of a request for one better answer, made of candidates."""
    return _resolve(choice, SYNTHESES, "ptr_synthesis", "request")


def _resolve(choice: str, known: Mapping[str, str], setting: str, kind: str) -> str:
    if choice in known:
        return known[choice]
    if _is_file(choice):
        choice = Path(choice).read_text(encoding="utf-8").strip()
    elif choice.strip() and not any(c.isspace() for c in choice.strip()):
        raise UserError(
            f"{setting}={choice}: unknown {kind}; choose one of "
            f"{', '.join(known)}, name a text file, or write out a sentence."
        )
    if not choice.strip():
        raise UserError(f"{setting} is empty; leave it out for the {next(iter(known))} {kind}.")
    return choice.strip()


def _is_file(choice: str) -> bool:
    try:
        return Path(choice).is_file()
    except (OSError, ValueError):  # Longer than any file's name, or with a NUL.
        return False
