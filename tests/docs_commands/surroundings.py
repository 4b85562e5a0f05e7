"""What the commands of the documents find: models, data, a server, and files that texts name."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ptr_data.export.card import save_card
from ptr_data.export.files import ExportSettings, export_rows
from ptr_data.methods.ptr.card import card
from tests.docs_commands.lines import blocks
from tests.own_parts import write_folder, write_questions
from tests.ptr_data.export.row_factory import refined
from tests.ptr_data.methods.ptr.ptr_factory import prepare, write_queries
from tests.ptr_data.methods.ptr.report_factory import report as report_of_data
from tests.ptr_train.training.run_factory import write_data, write_gsr_data


@dataclass(frozen=True, slots=True)
class Places:
    """Where the stand-ins are; stand-ins in the table name these fields in braces."""

    model: Path
    """A small model that writes."""
    reward_model: Path
    """A small model that scores."""
    embedder: Path
    """A small model that compares texts."""
    data: Path
    """Made-up questions of benchmarks, in their official form."""
    host: str
    """Where a chat server listens, with its port."""
    run: Path
    """A saved run of the small model on ptr_gsm8k, three rounds."""


Prepare = Callable[[Path, Places, Callable[[str], str]], object]
"""Writes a document's files to a folder; the function replaces names by their stand-ins."""


def readme(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    suite, train = blocks("README.md", "yaml")
    (folder / "suite.yaml").write_text(stand_in(suite))
    (folder / "train.yaml").write_text(stand_in(train))
    _write_answers(folder / "answers.jsonl")
    _link_model(folder / "models" / "base", places)
    _link_model(folder / "out" / "checkpoint-1000", places)
    prepare(folder, out="DIR")
    _write_comparison(folder, stand_in)
    write_data(folder / "data", rows=40)
    (folder / "FOLDER").symlink_to(places.data)
    write_folder(folder / "mine")


def data(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    (folder / "CONFIG.yaml").write_text(stand_in(blocks("docs/data.md", "yaml")[0]))
    (folder / "benchmarks").symlink_to(places.data)
    _write_comparison(folder, stand_in)
    plain = [{"instruction": f"Name the town no. {n}.", "output": f"Aby {n}."} for n in range(20)]
    (folder / "alpaca.json").write_text(json.dumps(plain))


def extending(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    write_folder(folder / "mine")
    write_questions(folder / "DATA")


def parallel(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    _write_answers(folder / "answers.jsonl")
    (folder / "form.yaml").write_text(blocks("docs/parallel.md", "yaml")[0])


def judge(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    shutil.copytree(places.run, folder / "out" / "base")
    shutil.copytree(places.run, folder / "out" / "tuned")
    (folder / "rubric.jsonl").write_text('{"doc_id": 0, "checklist": ["names a number"]}\n')


def report(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    (folder / "report.yaml").write_text("title: Rounds\nbaseline: base\n")


def training(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    (shown,) = blocks("docs/training.md", "yaml")
    (folder / "CONFIG.yaml").write_text(stand_in(shown))
    (folder / "benchmarks").symlink_to(places.data)
    write_data(folder / "data", rows=12, dev=2)
    write_gsr_data(folder / "gsr")
    shutil.copy(places.model / "chat_template.jinja", folder / "qwen3.jinja")


def help_texts(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    readme(folder, places, stand_in)
    prepare(folder, out="data")
    shutil.rmtree(folder / "data")  # `ptr-data build` writes it.


def data_set(folder: Path) -> None:
    """Write the data set that the lines of a card read."""
    save_card(folder, card(report_of_data(), export_rows([refined()], folder, ExportSettings())))


PREPARED: Mapping[str, Prepare] = {
    "README.md": readme,
    "docs/data.md": data,
    "docs/extending.md": extending,
    "docs/judge.md": judge,
    "docs/parallel.md": parallel,
    "docs/report.md": report,
    "docs/training.md": training,
    "--help": help_texts,
}


STRONG_ANSWER = "A full answer, step by step, with an example that a child knows."


JUDGED = {
    r"A's Response\]\n(.*)\n\[The End of.*B's Response\]\n(.*)\n\[The End of": (
        "<answer>[[A]]</answer>",
        "<answer>[[B]]</answer>",
    ),
    r"--- one:\n(.*)\n--- two:\n(.*)\n--- End with": ("BEST=1", "BEST=2"),
}
"""Where a judge finds two candidates in its prompt, and how it says that one is better: the text
that sorts last, whatever the order."""


_PLAIN = r"Answer A:\n(.*)\n\nAnswer B:\n(.*)\n\nGive your reasons"


def chat_reply(prompt: str) -> str:
    """What the server answers: a strong model's answer, or which answer of two is better."""
    for shown, verdicts in JUDGED.items():
        if found := re.search(shown, prompt, re.DOTALL):
            return verdicts[found[1] < found[2]]
    if "Requirement:" in prompt:
        return "Verdict: yes"
    first = prompt.find(STRONG_ANSWER)
    if first < 0 and (found := re.search(_PLAIN, prompt, re.DOTALL)):
        return f"Verdict: {'A' if found[1] > found[2] else 'B'}"
    if first < 0 or "Answer B:" not in prompt:
        return STRONG_ANSWER
    return f"Verdict: {'A' if first < prompt.rfind('Answer B:') else 'B'}"


def _write_comparison(folder: Path, stand_in: Callable[[str], str]) -> None:
    shown = blocks("docs/data.md", "yaml")[2]
    (folder / "compare.yaml").write_text(stand_in(shown))
    write_queries(folder / "wizardlm.jsonl")


def _write_answers(path: Path) -> None:
    path.write_text('{"doc_id": 0, "responses": ["The answer is 2.", "The answer is 3."]}\n')


def _link_model(path: Path, places: Places) -> None:
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(places.model)
