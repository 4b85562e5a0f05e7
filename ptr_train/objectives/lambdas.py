"""The weights of an objective's terms during a training.

They are fixed, or change linearly from first to last values, or balance the terms. The paper says
only that its lambdas are "dynamically adjusted" and that their sum stays 1, so each of these is a
possible reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class TermWeights:
    """The weights of an objective's terms, and what they depend on.

    Balanced weights give terms of different size the same influence: with m_i the running mean of
    term i's size, and W the sum of `start`,
    w_i = W (start_i / max(m_i, floor)) / sum_j (start_j / max(m_j, floor)).
    Before the first observation they are `start`.
    """

    start: Mapping[str, float]
    """The weights at the start, by the term's name."""
    end: Mapping[str, float] | None = None
    """The weights at the end, if they change linearly."""
    momentum: float | None = None
    """The decay rate of the running means, if weights are balanced."""
    floor: float = 0.01
    """The least size of a term in the formula."""
    sizes: dict[str, float] = field(default_factory=dict)
    """The running means so far."""

    @property
    def dynamic(self) -> bool:
        """Whether they change during a training."""
        return self.end is not None or self.momentum is not None

    def at(self, progress: float) -> dict[str, float]:
        """Give the weights to use now, the same for all micro-batches and processes of a step.

        Args:
            progress: The share of the training that is done, from 0 to 1.

        Returns:
            The weights, by the term's name.
        """
        if self.end is not None:
            last = self.end
            return {
                name: (1 - progress) * value + progress * last[name]
                for name, value in self.start.items()
            }
        if self.momentum is None or not self.sizes:
            return dict(self.start)
        scaled = {
            name: value / max(self.sizes.get(name, 0.0), self.floor)
            for name, value in self.start.items()
        }
        whole = sum(self.start.values()) / sum(scaled.values())
        return {name: value * whole for name, value in scaled.items()}

    def observe(self, values: Mapping[str, float]) -> None:
        """Update the running means with a step's terms, of all micro-batches and processes.

        Args:
            values: The terms' values, by name.
        """
        if self.momentum is None:
            return
        for name in self.start.keys() & values.keys():
            size = abs(values[name])
            kept = self.sizes.get(name, size)
            self.sizes[name] = self.momentum * kept + (1 - self.momentum) * size

    def state_dict(self) -> dict[str, float]:
        """Give what a checkpoint must save.

        Returns:
            The running means.
        """
        return dict(self.sizes)

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Restore what a checkpoint saved.

        Args:
            state: The running means.
        """
        self.sizes = dict(state)
