"""Where a run's files are: their names, and the time in them that keeps them together."""

import re
from pathlib import Path

from ptr_eval.errors import UserError

_RESULTS = "results_"
_NAMED = re.compile(r"(?!samples_|selections_).+_(?P<time>\d{4}-\d\d-\d\dT[\d-]+(?:\.\d+)?)\.json")
"""What lm-eval calls the results of `--output_path FOLDER/NAME.json`: NAME, and the time."""


def results_in(folder: Path) -> list[Path]:
    """List the results files of a folder and its subfolders.

    Args:
        folder: The folder.

    Returns:
        The files, ordered by the time in their names.
    """
    found = [
        path
        for path in folder.rglob("*.json")
        if path.name.startswith(_RESULTS) or _NAMED.fullmatch(path.name)
    ]
    return sorted(found, key=lambda path: (_time_of(path), path.name))


def newest_results(run: Path) -> Path:
    """Find a run's results file.

    Args:
        run: A results file, or a folder with one somewhere below it.

    Returns:
        The file, the newest if there are several.

    Raises:
        UserError: If there is none.
    """
    if run.is_file():
        return run
    found = sorted(results_in(run), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UserError(f"{run} holds no results_*.json; name the --output_path of an lm_eval run.")
    return found[-1]


def samples_of(results: Path, task: str) -> Path:
    """Name the samples file of a task that belongs to a results file.

    Args:
        results: The results file.
        task: The task.

    Returns:
        The path, whether or not there is a file.
    """
    return results.with_name(f"samples_{task}_{_time_of(results)}.jsonl")


def selection_of(samples: Path, task: str, selector: str) -> Path:
    """Name the file that says what a selector chose among a samples file's candidates.

    Args:
        samples: The samples file.
        task: Its task.
        selector: The selector's name.

    Returns:
        The path of the description; the choices have the same name with the ending `.jsonl`.
    """
    time = samples.stem.removeprefix(f"samples_{task}_")
    return samples.with_name(f"selections_{task}_{selector}_{time}.json")


def _time_of(results: Path) -> str:
    if named := _NAMED.fullmatch(results.name):
        return named["time"]
    return results.name.removeprefix(_RESULTS).removesuffix(".json")
