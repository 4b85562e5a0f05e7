"""Where a run's files are: their names, and the time in them that keeps them together.

lm-eval writes `OUT/MODEL/results_TIME.json`, or `X_TIME.json` if `--output_path` is `X.json`, and
beside it `samples_TASK_TIME.jsonl`. What files hold is not looked at here.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ptr_eval.errors import UserError

_RESULTS = "results_"
SELECTIONS = "selections_"
JUDGEMENTS = "judgements_"
CHECKLISTS = "checklists_"
# Without microseconds where they happen to be 0.
_TIME = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.json$")


def time_of(results: Path) -> str:
    """Read the time off a results file's name, or off that of the file that it is a link to.

    Args:
        results: The file.

    Returns:
        The time; of two, the later one is the greater text. Empty if there is none.
    """
    found = _TIME.search(results.name) or _TIME.search(results.resolve().name)
    return found[1] if found else ""


def stem_of(results: Path) -> str:
    """Read off a results file's name what `--output_path` gave to it.

    Args:
        results: The file.

    Returns:
        The name without the time: `results` unless `--output_path` was a file.
    """
    return _TIME.sub("", results.name).removesuffix(".json")


def results_in(folder: Path) -> list[Path]:
    """List the files of a folder and its subfolders that are named as results are.

    Args:
        folder: The folder; links in it are followed.

    Returns:
        The files, ordered by the time in their names; those without one come first.
    """
    found = {path.resolve(): path for path in _files_in(folder) if _is_named_as_results(path)}
    return sorted(found.values(), key=lambda path: (time_of(path), str(path)))


def results_of(run: Path) -> list[Path]:
    """List the results files that a path stands for.

    Args:
        run: A results file, a folder with some below it, or the `X.json` that `--output_path` was.

    Returns:
        The files, ordered by the time in their names.

    Raises:
        UserError: If there are none.
    """
    if run.is_file():
        return [run]
    if run.is_dir():
        if found := results_in(run):
            return found
        raise UserError(f"{run} holds no results_*.json; name the --output_path of an lm_eval run.")
    if run.suffix == ".json" and run.parent.is_dir():
        beside = [path for path in run.parent.iterdir() if _TIME.search(path.name)]
        if found := [path for path in beside if stem_of(path) == run.stem and path.is_file()]:
            return sorted(found, key=time_of)
    raise UserError(f"{run}: no such file or folder; name the --output_path of an lm_eval run.")


def samples_of(results: Path, task: str) -> Path:
    """Name the samples file of a task that belongs to a results file.

    Args:
        results: The results file.
        task: The task.

    Returns:
        The path, whether or not there is a file.
    """
    beside = _samples_beside(results, task)
    if not beside.is_file() and results.is_symlink():
        return _samples_beside(results.resolve(), task)
    return beside


def beside(samples: Path, kind: str, task: str, name: str) -> Path:
    """Name a file about a samples file: the description; its rows have the ending `.jsonl`."""
    time = samples.stem.removeprefix(f"samples_{task}_")
    return samples.with_name(f"{kind}{task}_{name}_{time}.json")


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file, all of it or nothing."""
    draft = path.with_name(f"{path.name}.part")
    with draft.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _samples_beside(results: Path, task: str) -> Path:
    stamp = time_of(results) or results.name.removeprefix(_RESULTS).removesuffix(".json")
    return results.with_name(f"samples_{task}_{stamp}.jsonl")


def _is_named_as_results(path: Path) -> bool:
    beside_samples = path.name.startswith((SELECTIONS, JUDGEMENTS, CHECKLISTS))
    if beside_samples and path.with_suffix(".jsonl").exists():
        return False
    named = path.name.startswith(_RESULTS) and path.suffix == ".json"
    return (named or bool(_TIME.search(path.name))) and path.is_file()


def _files_in(folder: Path) -> Iterator[Path]:
    """List all files below a folder; a folder that links lead to twice is looked at once."""
    seen: set[str] = set()
    for place, inner, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        inner.sort()
        yield from (Path(place, name) for name in sorted(names))
