"""One line a task and measure, one column a round: the results a reader wants first."""

from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN = ("fixed", "broken", "unparsed", "failed", "generated_tokens")
_HIDDEN = ("score", "cut", "prompt_tokens")


def rounds_table(results: Mapping[str, Any]) -> str:
    """Lay results out by round."""
    lines = [
        line
        for task, metrics in results["results"].items()
        for line in _task_lines(task, metrics, grouped=task in results.get("groups", {}))
    ]
    rounds = max((len(cells) for _, _, _, cells in lines), default=0)
    head = ["task", "scorer", "measure", *(f"round {t}" for t in range(1, rounds + 1))]
    rows = [[task, filter_, name, *cells] for task, filter_, name, cells in lines]
    return _markdown([head, *(row + [""] * (len(head) - len(row)) for row in rows)])


def _task_lines(
    task: str, metrics: Mapping[str, Any], *, grouped: bool
) -> Iterator[tuple[str, str, str, list[str]]]:
    by_name: dict[tuple[str, str], dict[int, str]] = {}
    for key, value in metrics.items():
        name, comma, filter_ = key.partition(",")
        measure, at, round_ = name.rpartition("@")
        if not comma or not at or not round_.isdigit():
            continue
        if measure in _HIDDEN and not (grouped and measure == "score"):
            continue
        error = metrics.get(f"{name}_stderr,{filter_}")
        by_name.setdefault((filter_, measure), {})[int(round_)] = _cell(measure, value, error)
    for (filter_, measure), cells in by_name.items():
        last = max(cells)
        yield task, filter_, measure, [cells.get(t, "") for t in range(1, last + 1)]


def _cell(measure: str, value: float, error: Any) -> str:
    if measure.endswith("_tokens"):
        return f"{value:.0f}"
    spread = f" ± {error:.3f}" if isinstance(error, float) and measure not in _SHOWN else ""
    return f"{value:.3f}{spread}"


def _markdown(rows: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    padded = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    rule = "-|-".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in [padded[0], rule, *padded[1:]])
