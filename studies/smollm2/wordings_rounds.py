"""Later rounds: what instructions and requests for a synthesis make of first answers."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.conversation import Conversation
from ptr_eval.instructions import INSTRUCTIONS, SYNTHESES
from ptr_eval.protocols.parallel import quoting

from .wordings_questions import TASKS, prompt_of, questions_of, templates_of

CANDIDATES, TEMPERATURE, SEED = 4, 0.7, 1234

AGAIN = "{request}\n\nThe problem again:\n\n{question}"
"""The request with the question below it."""

SHORT = (
    "Above are several answers to the question, each written independently. All of them, some, or "
    "none may be right. Work the question out afresh, take over what is right in them, and write "
    "one complete answer of your own."
)
"""A shorter request."""


def requests_of(question: str) -> dict[str, str]:
    """List the requests for a synthesis, each as it stands below the candidates."""
    examine = SYNTHESES["examine"]
    return {
        "examine": examine,
        "examine_again": AGAIN.format(request=examine, question=question),
        "question_last": f"{examine}\n\n{question}",
        "short_again": AGAIN.format(request=SHORT, question=question),
    }


def first_answers(out: Path, task: str, wording: str, places: Sequence[int]) -> dict[int, str]:
    """Read the first answers of the comparison of wordings."""
    path = out / "answers" / f"{task}.{wording}.jsonl"
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["place"]: row["answer"] for row in rows if row["place"] in places}


def run(llm: Any, out: Path, data: Path, what: str) -> None:
    """Ask later rounds of a task: `TASK:WORDING:FROM:TO`.

    Args:
        llm: The model.
        out: The folder of answers.
        data: The folder of official files.
        what: The task, the wording of its first round, and which questions.
    """
    task, wording, first, last = what.split(":")
    questions, template = questions_of(task, data), templates_of(task)[wording]
    places = range(int(first), int(last))
    prompts = {place: prompt_of(template, questions[place]) for place in places}
    answers = first_answers(out, task, wording, places)
    folder = out / "rounds"
    for name, instruction in INSTRUCTIONS.items():
        asked = {
            place: Conversation.ask(prompts[place]).then(answer, instruction)
            for place, answer in answers.items()
        }
        ask(llm, folder / f"{task}.{name}.jsonl", asked, TASKS[task].tokens, {"temperature": 0})
    drawn = ask(
        llm, folder / f"{task}.candidates.jsonl",
        {place: Conversation.ask(prompts[place]) for place in places}, TASKS[task].tokens,
        {"temperature": TEMPERATURE, "seed": SEED, "n": CANDIDATES},
    )  # fmt: skip
    for name in requests_of(""):
        asked = {
            place: quoting(
                Conversation.ask(prompts[place]), drawn[place], requests_of(prompts[place])[name],
                6144,
            )
            for place in places
        }  # fmt: skip
        ask(llm, folder / f"{task}.{name}.jsonl", asked, TASKS[task].tokens, {"temperature": 0})


def ask(
    llm: Any, path: Path, asked: Mapping[int, Conversation], tokens: int, how: Mapping[str, Any]
) -> dict[int, list[str]]:
    """Ask what a file lacks, and add it; by the question's place, the answers."""
    from vllm import SamplingParams

    path.parent.mkdir(parents=True, exist_ok=True)
    rows = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    there = {row["place"]: row for row in map(json.loads, rows)}
    todo = [p for p, c in asked.items() if p not in there or there[p]["asked"] != c.messages()]
    if todo:
        shown = [asked[place].messages() for place in todo]
        replies = llm.chat(shown, SamplingParams(max_tokens=tokens, **how), use_tqdm=False)
        new = [
            {
                "place": place,
                "asked": messages,
                "answers": [one.text for one in reply.outputs],
                "tokens": sum(len(one.token_ids) for one in reply.outputs),
                "ends": [one.finish_reason for one in reply.outputs],
            }
            for place, messages, reply in zip(todo, shown, replies, strict=True)
        ]
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in new)
        there |= {row["place"]: row for row in new}
        print(
            f"{path.stem}: {len(todo)} asked, {sum(row['tokens'] for row in new)} tokens",
            flush=True,
        )
    return {place: there[place]["answers"] for place in asked}
