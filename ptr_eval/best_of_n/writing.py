"""Choices as files beside the samples they were made among."""

from collections import Counter

from ptr_eval.best_of_n.candidates import Group, TaskGroups
from ptr_eval.best_of_n.choice import Choice, Chosen
from ptr_eval.runs import SelectedGroup, Selector, write_selection


def write_choices(task: TaskGroups, selector: Selector, chosen: Chosen) -> None:
    """Write a task's choices."""
    counts: Counter[str] = Counter()
    for choice in chosen.choices:
        counts.update(choice.counts)
    write_selection(
        task.samples,
        task.task,
        selector,
        task.size,
        chosen.settings,
        {
            "groups": len(task.groups),
            "empty": sum(choice.position is None for choice in chosen.choices),
            **counts,
        },
        map(_selected, task.groups, chosen.choices),
    )


def _selected(group: Group, choice: Choice) -> SelectedGroup:
    return SelectedGroup(
        group=(group.doc_id, group.number),
        position=choice.position,
        correct=choice.position is not None and bool(group.correct[choice.position]),
        why=choice.why,
        tokens=choice.counts["tokens"],
    )
