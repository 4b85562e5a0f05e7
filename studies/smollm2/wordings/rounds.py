"""Later rounds: what the instructions and the shipped syntheses make of first answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.conversation import Conversation
from ptr_eval.instructions import INSTRUCTIONS, SYNTHESES
from ptr_eval.protocols.parallel import quoting

from .asking import Asked, ask
from .files import kept
from .plan import Stage
from .questions import TASKS, newest_of, prompts_of

BUDGET = 6144
"""How many tokens the candidates may take, as by default."""

OTHER_INSTRUCTIONS = {
    "neutral_answer": "Keep thinking about the question and refine your answer. Then answer the "
    "question again, in the same form as before.",
    "critical_answer": "Look for mistakes in your answer: misread conditions, wrong steps, slips "
    "in the arithmetic. Mend what you find, and keep what is right. Then answer the question "
    "again, in the same form as before.",
    "null_answer": "Answer the question again, in the same form as before.",
}
"""Instructions that are not shipped."""
ALL_INSTRUCTIONS = {**INSTRUCTIONS, **OTHER_INSTRUCTIONS}


@dataclass(frozen=True, slots=True)
class Later:
    """What is said to the first answers of a task."""

    places: range
    """Its questions."""
    candidates: int
    """How many are drawn of each."""
    instructions: tuple[str, ...]
    """Which are said below the first answers; below the candidates, each shipped request is."""


_SHORTLIST = ("neutral", "final", "null")
LATER = {
    "ptr_arc_easy": Later(range(200, 260), 4, tuple(ALL_INSTRUCTIONS)),
    "ptr_commonsense_qa": Later(range(200, 260), 3, _SHORTLIST),
    "ptr_gsm8k": Later(range(200, 260), 3, _SHORTLIST),
}
"""By task, what is asked in later rounds."""


def ask_later(llm: Any, task: str, out: Path, data: Path) -> int:
    """Ask the later rounds of a task's newest wording, with the first answers they follow.

    Args:
        llm: The engine.
        task: The task.
        out: The folder of answers.
        data: The folder of official files.

    Returns:
        How many tokens were generated.
    """
    later, newest = LATER[task], newest_of(task)
    prompts = prompts_of(task, newest, later.places, data)
    bare = {place: Conversation.ask(prompt) for place, prompt in prompts.items()}
    first = Stage(task, newest, later.places).asked(out, data)
    # vLLM takes no seeds of requests on a CPU; the engine has its own.
    drawn = _asked(out, task, "candidates", bare, {"temperature": 0.7, "n": later.candidates})
    tokens = ask(llm, first) + ask(llm, drawn)
    answers, candidates = kept(first.path), kept(drawn.path)
    for name in later.instructions:
        shown = {
            place: question.then(answers[place]["answers"][0], ALL_INSTRUCTIONS[name])
            for place, question in bare.items()
        }
        tokens += ask(llm, _asked(out, task, name, shown, {}))
    for name, request in SYNTHESES.items():
        shown = {
            place: quoting(question, candidates[place]["answers"], request, BUDGET)
            for place, question in bare.items()
        }
        tokens += ask(llm, _asked(out, task, name, shown, {}))
    return tokens


def _asked(
    out: Path, task: str, name: str, shown: Mapping[int, Conversation], how: Mapping[str, Any]
) -> Asked:
    messages = {place: conversation.messages() for place, conversation in shown.items()}
    return Asked(out / "rounds" / f"{task}.{name}.jsonl", messages, TASKS[task].tokens, how)
