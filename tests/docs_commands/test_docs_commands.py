"""Every command of the documents and help texts is run, with stand-ins for what takes hours."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs_commands.lines import ROOT, Line, command_lines, commands, documents, python_blocks
from tests.docs_commands.programs import PROGRAMS
from tests.docs_commands.shell import Shell
from tests.docs_commands.surroundings import PREPARED, Places, data_set
from tests.docs_commands.table import ENTRIES, STAND_INS, Entry

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning")

TABLE = "tests/docs_commands/table.py"
LINES = {document: command_lines(document) for document in documents()}
NAMES = {*commands(), "lm_eval run"}
"""Commands that a sentence may only name."""


def entry_of(line: Line) -> Entry | None:
    """Find the table's entry for a line. A name in a sentence needs none: its help is asked for."""
    for entry in ENTRIES:
        if line.text == entry.line:
            return entry
        if entry.line.endswith("*") and line.text.startswith(entry.line[:-1]):
            return entry
    return Entry(line.text, add="--help") if line.text in NAMES else None


def test_every_line_has_an_entry() -> None:
    missing = [line for lines in LINES.values() for line in lines if entry_of(line) is None]
    assert not missing, (
        f"Lines of the documents have no entry in {TABLE}; for each of these add "
        "Entry(LINE, writes=..., says=...) to ENTRIES, and to STAND_INS what it names that is not "
        "here:\n" + "\n".join(map(str, missing))
    )


def test_every_entry_has_a_line() -> None:
    used = {entry.line for lines in LINES.values() for line in lines if (entry := entry_of(line))}
    unused = [entry.line for entry in ENTRIES if entry.line not in used]
    assert not unused, f"No document has a line for these entries of {TABLE}; remove them: {unused}"


def test_every_stand_in_is_used() -> None:
    shown = "\n".join(line.text for lines in LINES.values() for line in lines)
    shown += "".join(f"{entry.before} {entry.after} {entry.add}" for entry in ENTRIES)
    shown += "\n".join(code for name in documents() for code in python_blocks(name))
    shown += "".join((ROOT / name).read_text(encoding="utf-8") for name in CONFIGURED)
    unused = [name for name in STAND_INS if name not in shown]
    assert not unused, f"Nothing names these stand-ins of {TABLE}; remove them: {unused}"


CONFIGURED = ("README.md", "docs/data.md", "docs/training.md")
"""Documents of whose configurations something is replaced, too."""


@pytest.mark.parametrize("document", [document for document, lines in LINES.items() if lines])
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
    with Shell(tmp_path, PROGRAMS) as shell:
        for line in LINES[document]:
            entry = entry_of(line)
            if entry is not None:  # Another test names those that have none.
                follow(line, entry, shell, stand_in, tmp_path)


def follow(
    line: Line, entry: Entry, shell: Shell, stand_in: Callable[[str], str], folder: Path
) -> None:
    """Do what a line says, and look at what comes of it."""
    if entry.before:
        status, said = shell.run(stand_in(entry.before))
        assert status == 0, f"{line}: what goes before it failed: {said[-2000:]}"
    since = time.time_ns()
    status, said = shell.run(stand_in(f"{entry.after} {line.command} {entry.add}".strip()))
    print(f"{(time.time_ns() - since) / 1e9:6.2f} s  {status}  {line}")
    assert status == 0, f"{line}: ended with status {status}: {said[-2000:]}"
    assert entry.says in said, f"{line}: does not say {entry.says!r} but: {said[-2000:]}"
    for pattern in entry.writes:
        new = [path for path in folder.glob(pattern) if path.stat().st_mtime_ns >= since]
        assert new, f"{line}: wrote no {pattern}."
    if entry.also:
        status, said = shell.run(stand_in(entry.also))
        assert status == 0, f"{line}: {entry.also} ended with status {status}: {said[-2000:]}"


def test_a_run_of_the_paper_s_tasks_is_rescored_as_readme_says(
    places: Places, tmp_path: Path
) -> None:
    said = []
    with Shell(tmp_path, PROGRAMS) as shell:
        for code in (
            "ptr-eval run --model dummy --tasks ptr_core --output_path out --log_samples "
            f"--confirm_run_unsafe_code --metadata ptr_data={places.data} "
            f"ptr_embedder={places.embedder}",
            "ptr-eval rescore out --scorers upstream --out rescored --confirm_run_unsafe_code",
        ):
            status, printed = shell.run(code)
            assert status == 0, printed
            said.append(printed)
    assert "upstream" in said[-1]
    assert (tmp_path / "rescored" / "verdict_changes.jsonl").is_file()


@pytest.mark.filterwarnings("ignore")  # Other trainers.
@pytest.mark.parametrize("document", [name for name in documents() if python_blocks(name)])
def test_the_python_of_a_document_runs(
    document: str,
    places: Places,
    stand_in: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("base", "ptr"):
        shutil.copytree(places.run, tmp_path / "out" / name)
    data_set(tmp_path / "FOLDER")
    for code in python_blocks(document):
        exec(compile(stand_in(code), document, "exec"), {"__name__": "shown"})
