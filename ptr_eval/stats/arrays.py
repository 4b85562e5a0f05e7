"""The arrays that statistics take and return, and a guard against answers that do not exist."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def check_recorded(values: npt.NDArray[Any], what: str) -> None:
    """Refuse values that are not recorded: what failed would count as wrong, or spoil a mean."""
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise ValueError(f"{what} must be recorded; leave out what is nan first")
