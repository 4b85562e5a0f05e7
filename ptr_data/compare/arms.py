"""The ways in which a strong model is asked, and what is compared with what."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ptr_data.compare.config import CompareConfig

Kind = Literal["thoughts", "examples", "strength"]
"""What is compared: answers with and without thoughts, with and without worked examples, and the
weak model with the strong one."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A way in which a strong model is asked."""

    strong: str
    """The model."""
    weak: str | None
    """The model whose thoughts it sees; None for none."""
    examples: bool
    """Whether it sees worked examples."""

    @property
    def name(self) -> str:
        """What its answers are called in files, such as `large+thoughts(small)+examples`."""
        thoughts = f"+thoughts({self.weak})" if self.weak else ""
        return f"{self.strong}{thoughts}{'+examples' if self.examples else ''}"


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two sets of answers that are compared."""

    kind: Kind
    """What distinguishes them."""
    weak: str | None
    """The weak model that takes part in it; None if none does."""
    strong: str
    """The strong model."""
    before: str
    """The name of the answers without what is compared, or of the weak model's."""
    after: str
    """The name of the others."""
    examples: bool | None = None
    """Where thoughts are compared, whether both are with worked examples."""


def arms(config: CompareConfig) -> list[Arm]:
    """List the ways in which the strong models are asked."""
    return [
        Arm(strong, weak, examples)
        for strong in config.strong
        for weak in (None, *config.weak)
        for examples in (False, True)
    ]


def contrasts(config: CompareConfig) -> list[Contrast]:
    """List what is compared."""
    found: list[Contrast] = []
    for strong in config.strong:
        for weak in config.weak:
            found.append(Contrast("strength", weak, strong, weak, strong))
            found += [
                Contrast(
                    "thoughts", weak, strong, Arm(strong, None, shown).name,
                    Arm(strong, weak, shown).name, shown,
                )
                for shown in (True, False)
            ]  # fmt: skip
        found += [
            Contrast(
                "examples", weak, strong, Arm(strong, weak, False).name,
                Arm(strong, weak, True).name,
            )
            for weak in (None, *config.weak)
        ]  # fmt: skip
    return found


def answer_names(found: Sequence[Contrast]) -> list[str]:
    """List the names of all answers that are compared."""
    return list(dict.fromkeys(name for each in found for name in (each.before, each.after)))
