"""Compare wordings of the shipped tasks on a real model: `python -m studies.smollm2.wordings`.

`ask` asks and keeps every answer in a folder; started again, it asks only what is missing.
`table` scores the kept answers and writes the table.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .wordings_questions import TASKS, prompt_of, questions_of, templates_of

AT_ONCE = 64
"""How many answers are written at the same time."""


def kept(path: Path) -> dict[int, dict[str, Any]]:
    """Read the answers of a file, by their question's place."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row["place"]: row for row in map(json.loads, lines)}


def answers_file(out: Path, task: str, wording: str) -> Path:
    """Name the file with a task's answers to one wording."""
    return out / "answers" / f"{task}.{wording}.jsonl"


def missing(out: Path, task: str, wording: str, places: range, data: Path) -> Iterator[Any]:
    """List what is still to be asked: the question's place and the prompt."""
    there = kept(answers_file(out, task, wording))
    questions, template = questions_of(task, data), templates_of(task)[wording]
    for place in places:
        if place < len(questions):
            prompt = prompt_of(template, questions[place])
            if place not in there or there[place]["prompt"] != prompt:
                yield place, prompt


def ask(llm: Any, out: Path, task: str, wording: str, todo: Sequence[tuple[int, str]]) -> None:
    """Ask, greedily and with the chat template, and keep the answers."""
    from vllm import SamplingParams

    path = answers_file(out, task, wording)
    path.parent.mkdir(parents=True, exist_ok=True)
    sampling = SamplingParams(temperature=0, max_tokens=TASKS[task].tokens)
    for start in range(0, len(todo), 2 * AT_ONCE):
        part = todo[start : start + 2 * AT_ONCE]
        messages = [[{"role": "user", "content": prompt}] for _, prompt in part]
        replies = llm.chat(messages, sampling, use_tqdm=False)
        with path.open("a", encoding="utf-8") as file:
            for (place, prompt), reply in zip(part, replies, strict=True):
                (first,) = reply.outputs
                row = {
                    "place": place, "prompt": prompt, "answer": first.text,
                    "tokens": len(first.token_ids), "end": first.finish_reason,
                }  # fmt: skip
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def load(model: Path) -> Any:
    """Load the model once, in bf16."""
    from vllm import LLM

    return LLM(str(model), dtype="bfloat16", max_num_seqs=AT_ONCE, max_model_len=4096, seed=0, enforce_eager=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m studies.smollm2.wordings")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PTR_DATA", "data")))
    parser.add_argument(
        "--ask", nargs="+", required=True, metavar="TASK:WORDING:FROM:TO", help="what to ask"
    )
    given = parser.parse_args()
    llm = None
    for each in given.ask:
        task, wording, first, last = each.split(":")
        tasks = list(TASKS) if task == "all" else task.split(",")
        for name in tasks:
            for choice in wording.split(","):
                if choice not in templates_of(name):
                    continue
                places = range(int(first), int(last))
                todo = list(missing(given.out, name, choice, places, given.data))
                if todo:
                    llm = llm or load(given.model)
                    began = time.monotonic()
                    ask(llm, given.out, name, choice, todo)
                    rows = kept(answers_file(given.out, name, choice))
                    tokens = sum(rows[place]["tokens"] for place, _ in todo)
                    took = time.monotonic() - began
                    print(
                        f"{name} {choice}: {len(todo)} asked, {tokens} tokens, {took:.0f} s",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
