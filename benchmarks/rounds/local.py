"""What the backends in this process have in common: a task, its questions, and the way by hand."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROUNDS = 3
QUESTION = (
    "[q{n}] A baker packs {n} boxes of seven rolls in the morning and half as many after noon. "
    "Two of the boxes are given away, and a third of what is left is sold. How many rolls are sold?"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A task, and a model that is asked."""

    lm: Any
    data: Path
    questions: int
    generation: Mapping[str, Any]
    prompts: list[str] = field(default_factory=list)
    """What the last way asked, in the order of dialogues and rounds."""

    def requests(self, engine: str, **settings: Any) -> list[Any]:
        """Build the task's requests."""
        from ptr_eval.harness.rescore import load_task

        metadata = {"ptr_data": str(self.data), "ptr_rounds": ROUNDS, "ptr_engine": engine}
        task = load_task("ptr_gsm8k", {**metadata, "ptr_ledger": None, **settings})
        task.set_config("num_fewshot", 0)
        task.set_config("generation_kwargs", dict(self.generation))
        task.build_all_requests(
            limit=self.questions,
            apply_chat_template=True,
            chat_template=self.lm.apply_chat_template,
        )
        return list(task.instances)

    def through_plugin(self, requests: list[Any]) -> None:
        """Ask through the plugin."""
        self.lm.generate_rounds(requests)
        self.prompts[:] = [request.arguments[0] for request in requests]

    def by_hand(self, messages: list[list[dict[str, str]]], instruction: str) -> None:
        """Ask as a script would: render, generate, and go on with each answer."""
        from lm_eval.api.instance import Instance

        asked: list[list[str]] = [[] for _ in messages]
        for _ in range(ROUNDS):
            prompts = [self.lm.apply_chat_template(each) for each in messages]
            requests = [
                Instance("generate_until", {}, (prompt, dict(self.generation)), i, ("", i, 1))
                for i, prompt in enumerate(prompts)
            ]
            for i, text in enumerate(self.lm.generate_until(requests, disable_tqdm=True)):
                asked[i].append(prompts[i])
                messages[i] = [
                    *messages[i],
                    {"role": "assistant", "content": text},
                    {"role": "user", "content": instruction},
                ]
        self.prompts[:] = [prompt for each in asked for prompt in each]


@contextmanager
def data_of(questions: int) -> Iterator[Path]:
    """Write questions in GSM8K's form."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "gsm8k"
        folder.mkdir()
        rows = [{"question": QUESTION.format(n=n), "answer": f"#### {n}"} for n in range(questions)]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "test.jsonl").write_text(text, encoding="utf-8")
        yield Path(scratch)


def openings(requests: Sequence[Any]) -> list[list[dict[str, str]]]:
    """List the messages with which dialogues begin."""
    return [request.arguments[2].opening.messages() for request in requests[::ROUNDS]]


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """Give the median of the ratios of pairs."""
    return statistics.median(a / b for a, b in zip(first, second, strict=True))
