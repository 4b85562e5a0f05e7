"""Which thoughts, or parts of them, are left out of the likelihood: the setting `thought_mask`."""

from collections.abc import Mapping
from math import floor
from random import Random
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from ptr_data.hashing import hashed
from ptr_eval.config import Settings


class MaskedShare(Settings):
    """A share of the thoughts is masked; which parts of them, the seed and the row's id choose."""

    share: Annotated[float, Field(ge=0, le=1)]
    """The share of the parts of a row's thoughts that are masked. It is met to one part in each
    row, and over many rows on average."""
    of: Literal["tokens", "sentences"] = "tokens"
    """What a part is. A sentence ends at a line break, or at its mark (. ! ?) and a blank; the end
    of a turn belongs to the last one."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Another seed masks other parts. With the same seed, what a share masks is also masked by a
    larger one."""

    def masked(self, row_id: str, parts: int) -> list[int]:
        """Choose which of a row's parts are masked, by their numbers from 0."""
        # Only `random()` gives the same numbers in every version of Python.
        draw = Random(hashed("thought mask", self.seed, row_id)).random
        count = min(floor(self.share * parts + draw()), parts)
        keys = [draw() for _ in range(parts)]
        return sorted(range(parts), key=keys.__getitem__)[:count]


def _form(value: Any) -> str | None:
    if isinstance(value, bool):
        return "bool"
    return "MaskedShare" if isinstance(value, Mapping | MaskedShare) else None


ThoughtMask = Annotated[
    Annotated[bool, Tag("bool")] | Annotated[MaskedShare, Tag("MaskedShare")],
    Discriminator(
        _form,
        custom_error_type="thought_mask",
        custom_error_message="must be true, false, or a share, such as "
        "`{share: 0.5, of: sentences}`",
    ),
]
"""True masks all thoughts, false none."""
