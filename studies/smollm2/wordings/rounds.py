"""Later rounds: what instructions and requests for a synthesis make of first answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ptr_eval.conversation import Conversation
from ptr_eval.instructions import INSTRUCTIONS, SYNTHESES
from ptr_eval.protocols.parallel import quoting

from .asking import Asked, ask
from .files import kept
from .questions import TASKS, newest_of, prompts_of

QUESTIONS = {"ptr_arc_easy": range(200, 260), "ptr_gsm8k": range(24)}
"""The questions that are asked again."""
CANDIDATES = 4
DRAWN = {"temperature": 0.7, "n": CANDIDATES}
"""vLLM takes no seeds of requests on a CPU; the engine has its own."""
BUDGET = 6144
"""How many tokens the candidates may take, as by default."""

OTHER_INSTRUCTIONS = {
    "neutral_answer": "Keep thinking about the question and refine your answer. Then answer the "
    "question again, in the same form as before.",
    "neutral_one": "Keep thinking about the question and refine your answer. Then give your one "
    "final answer, in the same form as before.",
    "critical_answer": "Look for mistakes in your answer: misread conditions, wrong steps, slips "
    "in the arithmetic. Mend what you find, and keep what is right. Then answer the question "
    "again, in the same form as before.",
    "null_answer": "Answer the question again, in the same form as before.",
}
"""Instructions that are not shipped."""
ALL_INSTRUCTIONS = {**INSTRUCTIONS, **OTHER_INSTRUCTIONS}

SHORT = (
    "Above are several answers to the question, each written independently. All of them, some, or "
    "none may be right. Work the question out afresh, take over what is right in them, and write "
    "one complete answer of your own."
)
AGAIN = "{request}\n\nThe problem again:\n\n{question}"


def requests_of(question: str) -> dict[str, str]:
    """List the requests for a synthesis, each as it stands below the candidates.

    Args:
        question: The question's prompt.

    Returns:
        The requests by name.
    """
    examine = SYNTHESES["examine"]
    return {
        "examine": examine,
        "examine_again": AGAIN.format(request=examine, question=question),
        "question_last": f"{examine}\n\n{question}",
        "short_again": AGAIN.format(request=SHORT, question=question),
    }


def ask_again(llm: Any, out: Path, data: Path) -> None:
    """Ask later rounds of the chosen wordings.

    Args:
        llm: The engine.
        out: The folder of answers.
        data: The folder of official files.
    """
    for task, places in QUESTIONS.items():
        prompts = prompts_of(task, newest_of(task), places, data)
        for asked in _refined(out, task, prompts):
            ask(llm, asked)
        drawn = _asked(out, task, "candidates", _bare(prompts), DRAWN)
        ask(llm, drawn)
        rows = kept(drawn.path)
        for name in requests_of(""):
            shown = {
                place: quoting(
                    Conversation.ask(prompt), rows[place]["answers"], requests_of(prompt)[name],
                    BUDGET,
                )
                for place, prompt in prompts.items()
            }  # fmt: skip
            ask(llm, _asked(out, task, name, shown, {}))


def _refined(out: Path, task: str, prompts: Mapping[int, str]) -> Iterator[Asked]:
    first = kept(out / "answers" / f"{task}.{newest_of(task)}.jsonl")
    for name, instruction in ALL_INSTRUCTIONS.items():
        shown = {
            place: Conversation.ask(prompt).then(first[place]["answers"][0], instruction)
            for place, prompt in prompts.items()
        }
        yield _asked(out, task, name, shown, {})


def _bare(prompts: Mapping[int, str]) -> dict[int, Conversation]:
    return {place: Conversation.ask(prompt) for place, prompt in prompts.items()}


def _asked(
    out: Path, task: str, name: str, shown: Mapping[int, Conversation], how: Mapping[str, Any]
) -> Asked:
    messages = {place: conversation.messages() for place, conversation in shown.items()}
    return Asked(out / "rounds" / f"{task}.{name}.jsonl", messages, TASKS[task].tokens, how)
