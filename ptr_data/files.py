"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ptr_eval.errors import UserError


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Write a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def make_work(out: Path, names: Sequence[str], finished: str) -> Path:
    """Make the folder of the work in progress.

    A folder that has files of these `names`, but no such work and no file `finished`, which comes
    with them, is someone else's: it is refused, and nothing is overwritten.
    """
    work = out / "work"
    ours = work.is_dir() or (out / finished).is_file()
    if there := [name for name in names if not ours and (out / name).exists()]:
        raise UserError(
            f"`out` {out} has {', '.join(there)} of something else, which would be overwritten; "
            "choose another `out`."
        )
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"`out` {out} cannot be a folder ({error.strerror}).") from error
    return work
