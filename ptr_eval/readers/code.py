"""Programming benchmarks: HumanEval."""

from collections.abc import Iterator
from typing import Any

from ptr_eval.readers.row import SourceRow


def humaneval(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read HumanEval: the head and docstring of a function, and its tests."""
    yield {
        "task_id": row.text("task_id"),
        "prompt": row.text("prompt"),
        "entry_point": row.text("entry_point"),
        "test": row.text("test"),
        "target": f"```python\n{row.text('prompt')}{row.text('canonical_solution')}```",
    }
