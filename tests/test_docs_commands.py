"""Every command of the documents and help texts is run, with stand-ins for what needs hours."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ptr_eval import catalog
from ptr_eval.cli import main
from tests.benchmark_fixtures import FORMS, write
from tests.chat_server import ChatServer
from tests.docs_commands.lines import Line, command_lines, commands, documents
from tests.docs_commands.programs import FEW, PROGRAMS, suite_process
from tests.docs_commands.shell import Shell
from tests.docs_commands.surroundings import PREPARED, Places
from tests.docs_commands.table import ENTRIES, STAND_INS, Entry
from tests.ptr_eval.best_of_n.run_factory import make_reward_model
from tests.scripted_lm import write_sums

LINES = [line for document in documents() for line in command_lines(document)]
TABLE = "tests/docs_commands/table.py"


def entry_of(line: Line) -> Entry | None:
    """The table's entry for a line. A command's bare name, as in a sentence, needs none."""
    for entry in ENTRIES:
        start, star = entry.line.removesuffix("*"), entry.line.endswith("*")
        if line.text == entry.line or (star and line.text.startswith(start)):
            return entry
    return Entry(f"{line.text} --help") if line.text in NAMES else None


NAMES = {*commands(), "lm_eval run"}


def test_every_line_has_an_entry() -> None:
    missing = [f"{line}\n" for line in LINES if entry_of(line) is None]
    assert not missing, (
        f"These lines have no entry in {TABLE}; add `Entry({missing[0].partition(': ')[2]!r}, ...)` "
        f"with what each writes or says:\n{''.join(missing)}"
    )


def test_every_entry_has_a_line() -> None:
    used = {entry.line for line in LINES if (entry := entry_of(line))}
    unused = [entry.line for entry in ENTRIES if entry.line not in used]
    assert not unused, f"No document has these lines any more; remove them from {TABLE}: {unused}"


@pytest.fixture(scope="module", autouse=True)
def quick_lm_eval(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave out lm-eval's own thousands of tasks, and its report of the machine.

    Its folder of tasks, into which `ptr-eval link` links ours, is an empty one.
    """
    from lm_eval.tasks import TaskManager

    links = tmp_path_factory.mktemp("lm_eval") / "links"

    def manager(*args: Any, **more: Any) -> TaskManager:
        if links.is_dir() and not more.get("include_path"):
            more["include_path"] = str(links)
        return TaskManager(*args, **{**more, "include_defaults": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lm_eval.tasks.TaskManager", manager)
        patch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
        patch.setattr("lm_eval.evaluator.get_git_commit_hash", lambda: None)
        patch.setattr("ptr_eval.suite.running.execute", suite_process)
        patch.setattr(catalog, "_link_folder", lambda: links)
        yield


@pytest.fixture(scope="module")
def places(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("places")
    for name in ("gsm8k", "math500", "aime24", "arc_challenge", "arc_easy"):
        write(folder / "data", FORMS[name].files)
    write_sums(folder / "data", "train", range(9))  # As many as are shown before a question.
    reward = make_reward_model(folder / "reward", tiny_model)
    main(
        ["run", "--model", "hf", "--model_args", f"pretrained={tiny_model}", "--tasks", "ptr_gsm8k",
         "--apply_chat_template", "--metadata", f"ptr_data={folder / 'data'}", *FEW,
         "--output_path", str(folder / "run"), "--log_samples"]
    )  # fmt: skip
    with ChatServer(lambda question, round_: "The answer is 2.") as server:
        server._place = lambda payload: (0, 1)  # type: ignore[method-assign]
        host = f"127.0.0.1:{server.port}"
        yield Places(tiny_model, reward, folder / "data", host, folder / "run")


@pytest.fixture
def stand_in(places: Places) -> Callable[[str], str]:
    """Replaces names by their stand-ins."""
    found = {
        name: value.format(**{field: getattr(places, field) for field in Places.__slots__})
        for name, value in STAND_INS.items()
    }
    longest_first = sorted(found, key=len, reverse=True)
    known = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" if name[0].isalnum() else re.escape(name) for name in longest_first))
    return partial(known.sub, lambda match: found[match[0]])


@pytest.mark.parametrize("document", [name for name in documents() if command_lines(name)])
def test_the_commands_of_a_document_do_what_it_says(
    document: str,
    places: Places,
    stand_in: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PTR_DATA", str(places.data))
    if document in PREPARED:
        PREPARED[document](tmp_path, places, stand_in)
    failed = []
    with Shell(tmp_path, PROGRAMS) as shell:
        for line in command_lines(document):
            entry = entry_of(line)
            assert entry is not None, f"{line} has no entry in {TABLE}."
            is_name = line.text in NAMES and entry not in ENTRIES
            code = entry.line if is_name else line.code
            if entry.before:
                st,sa=shell.run(stand_in(entry.before.replace("{run}", str(places.run))))
                if st: print("BEFORE", st, sa)
            since = time.time_ns()
            status, said = shell.run(stand_in(f"{entry.after} {code} {entry.add}".strip()))
            print(f"{(time.time_ns() - since) / 1e9:6.2f} s  {status}  {line}")
            if status: failed.append((line,status,said[-1500:])); print(said[-1500:])
            for w in entry.writes:
                if not any(p.stat().st_mtime_ns >= since for p in tmp_path.glob(w)): print("NOT WRITTEN", w); failed.append((line, "nw", w))
            if entry.says not in said: print("NOT SAID", entry.says); failed.append((line,"ns"))
    assert not failed
