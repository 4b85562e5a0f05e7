"""Checkpoints: ordinary Hugging Face folders, used only if they are complete.

The configuration is written last, and marks a checkpoint as complete. Older checkpoints are removed
only after that: a full disk or a kill while saving never costs an earlier checkpoint.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ptr_eval.errors import UserError

MARKER = "ptr_train.yaml"
"""The file with the whole configuration of the run, in each checkpoint."""

_PREFIX = "checkpoint-"
_FAILED_WRITES = ("PytorchStreamWriter", "file write failed", "unexpected pos")


def checkpoint_folder(out: Path, step: int) -> Path:
    """Give the folder of a checkpoint."""
    return out / f"{_PREFIX}{step}"


def step_of(folder: Path) -> int:
    """Give the step of a checkpoint."""
    return int(folder.name.removeprefix(_PREFIX))


def is_whole(folder: Path) -> bool:
    """Tell whether a checkpoint is complete."""
    return (folder / MARKER).is_file()


def whole_checkpoints(out: Path) -> list[Path]:
    """List a run's complete checkpoints, by step."""
    found = [folder for folder in _folders(out) if is_whole(folder)]
    return sorted(found, key=step_of)


def check_readable(folder: Path) -> None:
    """Refuse a checkpoint that was damaged after it was saved: files cut off or empty."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (reason := _damage(path)):
            others = [str(other) for other in whole_checkpoints(folder.parent) if other != folder]
            remedy = f"to go on from {others[-1]}" if others else "to start again"
            raise UserError(f"{path} is damaged ({reason}); remove {folder} {remedy}.")


def _damage(path: Path) -> str | None:
    from safetensors import SafetensorError, safe_open

    try:
        if path.suffix == ".json":
            json.loads(path.read_bytes())
        elif path.suffix == ".safetensors":
            with safe_open(path, framework="pt"):
                return None
        elif path.suffix in (".pt", ".pth", ".bin") and not zipfile.is_zipfile(path):
            return "not what torch saves"
    except (OSError, ValueError, SafetensorError) as error:
        return " ".join(str(error).split())
    return None


def refuse_foreign(out: Path) -> None:
    """Refuse a folder with checkpoints of other programs: what is not complete is removed."""
    foreign = [] if (out / MARKER).is_file() else _folders(out)
    if foreign and not any(is_whole(folder) for folder in foreign):
        raise UserError(
            f"{out} has {foreign[0].name} of another program (no {MARKER}); choose another `out`."
        )


def remove_partial(out: Path) -> None:
    """Remove checkpoints that are not complete."""
    for folder in _folders(out):
        if not is_whole(folder):
            shutil.rmtree(folder)


def keep_newest(out: Path, limit: int) -> None:
    """Remove all complete checkpoints but the newest."""
    for folder in whole_checkpoints(out)[:-limit]:
        (
            folder / MARKER
        ).unlink()  # First, so that a checkpoint that is partly removed is not used.
        shutil.rmtree(folder)


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Save a checkpoint in a `with` block; a failure removes what was written of it."""
    try:
        yield
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if not _is_failed_write(error):
            raise
        kept = whole_checkpoints(folder.parent)
        last = f"{kept[-1]} is complete" if kept else "there is no earlier checkpoint"
        reason = " ".join(str(error).split())
        raise UserError(
            f"{folder} could not be saved ({reason}); {last}: make room on the disk, and go on "
            "with --resume."
        ) from error


def _folders(out: Path) -> list[Path]:
    return [
        folder
        for folder in out.glob(f"{_PREFIX}*")
        if folder.name.removeprefix(_PREFIX).isdecimal() and folder.is_dir()
    ]


def _is_failed_write(error: Exception) -> bool:
    """Tell whether the disk failed, for which torch and safetensors have errors of their own."""
    if isinstance(error, OSError):
        return True
    if type(error).__name__ == "SafetensorError":
        return "I/O error" in str(error) or "os error" in str(error)
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _FAILED_WRITES)
