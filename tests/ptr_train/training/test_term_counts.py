"""What is logged of a step's terms: only those that a row of the step has."""

import torch

from ptr_train.encoding.packing import collate
from ptr_train.records import Attempt, EncodedRow
from ptr_train.training.term_counts import added, mean_of_present, term_counts


def row(name: str, attempts: int) -> EncodedRow:
    ends = range(1, 2 * attempts + 1, 2)
    return EncodedRow(
        name, "ptr", [0] * (2 * attempts), [1.0] * (2 * attempts),
        tuple(Attempt(end, end + 1) for end in ends),
    )  # fmt: skip


def test_only_rows_with_two_attempts_have_a_consistency() -> None:
    rows = [[row("a", 2), row("b", 1), row("c", 3)], [row("d", 1)], [row("e", 1), row("f", 2)]]
    counts = term_counts(
        collate(rows, 0), {"nll": torch.tensor(9.0), "consistency": torch.tensor(6)}
    )
    assert {name: float(count) for name, count in counts.items()} == {"nll": 9, "consistency": 3}


def test_a_step_without_a_term_does_not_lower_its_mean() -> None:
    def number(**values: float) -> dict[str, torch.Tensor]:
        return {name: torch.tensor(value) for name, value in values.items()}

    values = [number(a=2.0, b=0.0, c=0.0), number(a=4.0, b=3.0, c=0.0)]
    counts = [number(a=1.0, b=0.0, c=0.0), number(a=1.0, b=5.0, c=0.0)]
    assert mean_of_present(values, counts) == {"a": 3.0, "b": 3.0}


def test_sums_are_by_name() -> None:
    one, two = {"a": torch.tensor(1.0)}, {"a": torch.tensor(2.0), "b": torch.tensor(5.0)}
    assert {name: float(value) for name, value in added([one, two]).items()} == {"a": 3, "b": 5}
