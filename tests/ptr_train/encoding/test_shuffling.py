"""The control of shuffled thoughts: another row's, as many, the same every time."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ptr_train.encoding.shuffling import find_donors, open_pool, write_pool
from tests.ptr_train.encoding.example_factory import made_example


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(0, 5))
def test_each_row_gets_the_thoughts_of_another_with_as_many_and_none_go_twice(
    counts: list[int], seed: int
) -> None:
    donors = find_donors([f"row {n}" for n in range(len(counts))], counts, seed)
    assert len(donors) == len(counts)
    for row, donor in enumerate(donors):
        if counts.count(counts[row]) == 1:
            assert donor == -1
        else:
            assert donor != row
            assert counts[donor] == counts[row]
    given_away = [donor for donor in donors if donor >= 0]
    assert len(set(given_away)) == len(given_away)


def test_who_gets_whose_depends_on_ids_and_seed_alone() -> None:
    ids, counts = [f"row {n}" for n in range(50)], [2] * 50
    first = find_donors(ids, counts, 1)
    assert not np.array_equal(first, find_donors(ids, counts, 2))
    turned = find_donors(ids[::-1], counts, 1)
    assert [49 - donor for donor in turned[::-1]] == first.tolist()


def test_a_pool_on_disk(tmp_path: Path) -> None:
    rows = [made_example([f"thought {n}", "and"], name=str(n)) for n in range(1100)]
    rows += [made_example([], name="plain"), made_example(["lonely"], name="lonely")]
    write_pool(rows, tmp_path / "pool", 3)
    pool = open_pool(tmp_path / "pool")
    changed = [pool.shuffled(row, place) for place, row in enumerate(rows)]
    assert changed[-2:] == [rows[-2], None]
    firsts = []
    for old, new in zip(rows[:-2], changed[:-2], strict=True):
        assert new is not None
        assert new.thoughts[0] != old.thoughts[0]
        assert (new.id, new.answer, new.weights) == (old.id, old.answer, old.weights)
        firsts.append(new.thoughts[0])
    assert sorted(firsts) == sorted(row.thoughts[0] for row in rows[:-2])
