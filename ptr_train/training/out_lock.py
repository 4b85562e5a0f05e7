"""A lock on the folder of a training: two runs on one folder would overwrite each other."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.lock_file import open_lock_file


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold a folder for this run; of several processes, the first does. It goes with the process.

    The file system of the folder must know locks; where it does not, nothing is locked.
    """
    if int(os.environ.get("RANK", "0")):
        yield
        return
    with open_lock_file(out) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise UserError(
                f"{out} is in use by another training (process {file.read().strip() or 'unknown'}"
                "); wait until it ends, or choose another `out`."
            ) from error
        except OSError:
            yield
            return
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
