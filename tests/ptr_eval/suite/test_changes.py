"""What makes a finished run unfinished, and what does not."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.suite import suite_command_lines
from tests.ptr_eval.suite.conftest import Workplace

BASE, TUNED = "base/neutral/ptr_gsm8k", "tuned/neutral/ptr_gsm8k"
PROTOCOL = """\
from ptr_eval.protocols import PROTOCOLS

def mine(options):
    return PROTOCOLS["sequential"](options)
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def full(place: Workplace) -> Workplace:
    """A suite with a file for every setting that can have one."""
    for name, text in {
        "model/model.safetensors": "weights",
        "other/model.safetensors": "weights",
        "words.txt": "Think again.",
        "request.txt": "Make one answer of them.",
        "strong.yaml": "backend: hf\nargs: {pretrained: other}\n",
        "protocol.py": PROTOCOL,
        "data/gsm8k/test.jsonl": "{}\n",
        "data/gsm8k/train.jsonl": "{}\n",
        "data/mmlu/test/a_test.csv": "a\n",
    }.items():
        write(place.folder / name, text)
    place.write(
        models={"base": {"backend": "dummy", "args": {"pretrained": "model"}}},
        instructions=[{"name": "neutral", "file": "words.txt"}],
        defaults={
            "metadata": {
                "ptr_data": "data",
                "ptr_synthesis": "request.txt",
                "ptr_aggregator": "strong.yaml",
                "ptr_protocol": "protocol.py:mine",
            }
        },
    )
    place.run()
    assert place.calls() == [BASE]
    return place


CHANGES: dict[str, tuple[str, str]] = {
    "instruction": ("words.txt", "Think."),
    "synthesis": ("request.txt", "Make another one."),
    "aggregator": ("strong.yaml", "backend: hf\nargs: {pretrained: other, dtype: float32}\n"),
    "aggregator_files": ("other/model.safetensors", "weights!"),
    "protocol_file": ("protocol.py", f"{PROTOCOL}\n# changed\n"),
    "data_files": ("data/gsm8k/test.jsonl", '{"a": 1}\n'),
    "model_files": ("model/model.safetensors", "weights!"),
}


@pytest.mark.parametrize("fact", CHANGES)
def test_a_changed_file_is_noticed_and_named(full: Workplace, fact: str) -> None:
    name, text = CHANGES[fact]
    write(full.folder / name, text)
    assert suite_command_lines(full.file)[0] == f"# {BASE} (to be run again: changed {fact})"
    full.run()
    assert full.calls() == [BASE]
    assert suite_command_lines(full.file)[0] == f"# {BASE} (finished)"


def test_files_that_a_run_does_not_use_change_nothing(full: Workplace) -> None:
    write(full.folder / "data" / "mmlu" / "test" / "a_test.csv", "b\n")
    (full.folder / "data" / "gsm8k" / "test.jsonl").touch()  # A copy: other times, same content.
    full.run()
    assert full.calls() == []


def test_a_folder_that_was_moved_is_not_run_again(full: Workplace) -> None:
    moved = full.folder.with_name("moved ä 運")
    shutil.copytree(full.folder, moved)
    full.file.unlink()
    Workplace(moved).run()
    assert Workplace(moved).calls() == []
    link = moved.with_name("link")
    link.symlink_to(moved)
    assert suite_command_lines(link / "suite.yaml")[0] == f"# {BASE} (finished)"


def test_data_of_the_environment_count_as_well(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(place.folder / "data" / "gsm8k" / "test.jsonl", "{}\n")
    monkeypatch.setenv("PTR_DATA", str(place.folder / "data"))
    place.run(only=["base"])
    file.write_text('{"a": 1}\n')
    place.calls()
    place.run(only=["base"])
    assert place.calls() == [BASE]


def test_a_file_that_changes_during_a_run_is_noticed(full: Workplace) -> None:
    words = full.folder / "words.txt"
    words.write_text("Think it over.")
    full.tell("hang", BASE)
    change = threading.Thread(target=change_and_let_go, args=(full, words))
    change.start()
    full.run()
    change.join()
    assert full.calls() == [BASE]
    assert suite_command_lines(full.file)[0].endswith("(to be run again: changed instruction)")


def change_and_let_go(place: Workplace, words: Path) -> None:
    while not (place.control / "pids").exists():
        time.sleep(0.01)
    words.write_text("Think it over once more.")
    (place.control / "go").touch()


# Tasks of one's own


@pytest.fixture
def own(place: Workplace) -> Workplace:
    for name, text in {
        "mine/mine.yaml": "task: mine\ninclude: ../base.yml\ntag: a\n",
        "base.yml": "ptr: {reader: '../elsewhere/read.py:read', scorers: {a: !function sub.b.c}}\n",
        "elsewhere/read.py": "def read(row): ...\n",
        "mine/beside.py": "def score(response, question): ...\n",
        "sub/b.py": "def c(response, question): ...\n",
    }.items():
        write(place.folder / name, text)
    place.write(include_path="mine", tasks={"mine": {}}, models={"base": {"backend": "dummy"}})
    place.run()
    place.calls()
    return place


@pytest.mark.parametrize("name", ["base.yml", "elsewhere/read.py", "mine/beside.py", "sub/b.py"])
def test_what_a_task_includes_or_calls_belongs_to_it(own: Workplace, name: str) -> None:
    path = own.folder / name
    path.write_text(f"{path.read_text()}# changed\n")
    assert suite_command_lines(own.file)[0].endswith("(to be run again: changed task_files)")
    own.run()
    assert own.calls() == ["base/neutral/mine"]


# First rounds


def first_round(place: Workplace, **more: Any) -> Workplace:
    metadata = {"ptr_first_round": f"out/{BASE}"}
    tuned = {"backend": "dummy", "metadata": metadata}
    place.write(models={"base": {"backend": "dummy", **more}, "tuned": tuned})
    return place


def test_a_first_round_that_the_suite_itself_makes(place: Workplace) -> None:
    first_round(place).run()
    assert place.calls() == [BASE, TUNED]
    place.run()
    assert place.calls() == []
    first_round(place, batch_size=2).run()  # Another run to take first answers from.
    assert place.calls() == [BASE, TUNED]


@pytest.mark.parametrize("change", [os.utime, lambda path: path.write_text(path.read_text() + " ")])
def test_a_first_round_of_a_saved_run(place: Workplace, change: Callable[[Path], Any]) -> None:
    results = place.folder / "saved" / "results_2026-11-29T11-35-08.530000.json"
    write(results, '{"configs": {"ptr_gsm8k": {"ptr": {}}}}')
    place.write(defaults={"metadata": {"ptr_first_round": "saved"}})
    place.run(only=["base"])
    change(results)
    place.calls()
    place.run(only=["base"])
    assert place.calls() == ([] if change is os.utime else [BASE])
