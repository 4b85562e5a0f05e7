"""What the commands of the documents find: models, data, a server, and files that texts name."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs_commands.lines import blocks
from tests.own_parts import write_folder, write_questions
from tests.ptr_data.methods.ptr.ptr_factory import prepare
from tests.ptr_train.training.run_factory import write_data, write_gsr_data


@dataclass(frozen=True, slots=True)
class Places:
    """Where the stand-ins are; stand-ins in the table name these fields in braces."""

    model: Path
    """A small model that writes."""
    reward_model: Path
    """A small model that scores."""
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
    write_data(folder / "data", rows=40)
    (folder / "FOLDER").symlink_to(places.data)


def data(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    prepare(folder).rename(folder / "CONFIG.yaml")


def extending(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    write_folder(folder / "mine")
    write_questions(folder / "DATA")


def parallel(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    _write_answers(folder / "answers.jsonl")


def report(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    (folder / "report.yaml").write_text("title: Rounds\nbaseline: base\n")


def training(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    (shown,) = blocks("docs/training.md", "yaml")
    (folder / "CONFIG.yaml").write_text(stand_in(shown))
    (folder / "benchmarks").symlink_to(places.data)
    write_gsr_data(folder / "data")
    shutil.copy(places.model / "chat_template.jinja", folder / "qwen3.jinja")


def help_texts(folder: Path, places: Places, stand_in: Callable[[str], str]) -> None:
    readme(folder, places, stand_in)
    prepare(folder, out="data")
    shutil.rmtree(folder / "data")  # `ptr-data build` writes it.


PREPARED: Mapping[str, Prepare] = {
    "README.md": readme,
    "docs/data.md": data,
    "docs/extending.md": extending,
    "docs/parallel.md": parallel,
    "docs/report.md": report,
    "docs/training.md": training,
    "--help": help_texts,
}


def _write_answers(path: Path) -> None:
    path.write_text('{"doc_id": 0, "responses": ["The answer is 2.", "The answer is 3."]}\n')


def _link_model(path: Path, places: Places) -> None:
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(places.model)
