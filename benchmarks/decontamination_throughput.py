"""Questions checked against the benchmarks per second: our index against datatrove's n-gram filter.

Both index the same texts of the benchmarks in the folder PTR_DATA by runs of 13 words (ours
shorter texts too) and search the same questions with their answers, each in one thread, turn by
turn in one run, so that other load on the machine meets both alike. datatrove normalises and
splits text its own way, with spaCy's English tokenizer, so matches may differ; those that only
one side finds are named. Not a test: prints figures, asserts nothing.

    pip install -e '.[bench]'
    PTR_DATA=FOLDER python benchmarks/decontamination_throughput.py [--rounds 3] FILE...

FILE is JSON or JSON Lines with columns `question` or `instruction`, `input`, `output`.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import (
    NGramsDecontConfig,
    NGramsDecontFilter,
    NGramsDecontIndexer,
)
from datatrove.utils.logging import logger

from ptr_data.filters.decontamination import (
    DecontaminationSettings,
    benchmark_items,
    missing_files,
)
from ptr_data.filters.ngram_build import build_index
from ptr_data.filters.ngrams import BenchmarkItem, NgramIndex, matches
from ptr_eval.readers import read_rows


def load_queries(paths: Sequence[Path]) -> list[str]:
    """Load what is searched.

    Args:
        paths: The files.

    Returns:
        Questions, each with its answer.
    """
    rows = [row for path in paths for row in read_rows(path)]
    return [
        "\n".join(
            [
                row.text("question", "instruction"),
                *(str(row.values.get(name) or "") for name in ("input", "output")),
            ]
        )
        for row in rows
    ]


def load_items(folder: Path) -> list[BenchmarkItem]:
    """Load the documents of the benchmarks that are there.

    Args:
        folder: Their official files.

    Returns:
        The items.
    """
    absent = [source.task for source, _ in missing_files(DecontaminationSettings(data=folder))]
    settings = DecontaminationSettings(data=folder, without=absent)
    return benchmark_items(settings)


def their_filter(items: Sequence[BenchmarkItem], folder: Path, n: int) -> NGramsDecontFilter:
    """Build datatrove's index files and load its filter.

    Its indexer's `run` needs lighteval even for documents that are given to it, and so does the
    indexer itself; hashes are computed by its `compute_hashes` and written as `run` writes them.

    Args:
        items: The benchmark items.
        folder: Where the index files go.
        n: Words in a run.

    Returns:
        The filter.
    """
    NGramsDecontIndexer._requires_dependencies = []
    config = NGramsDecontConfig(n_grams=n)
    indexer = NGramsDecontIndexer(str(folder), config=config)
    hashes: dict[str, set[int]] = {}
    for item in items:
        for text in item.texts:
            hashes.setdefault(item.task, set()).update(indexer.compute_hashes(text))
    for task, found in hashes.items():
        array = np.array(list(found), dtype=config.hash_config.np_descr)
        array.tofile(folder / f"{task}.index.hashes")
    loaded = NGramsDecontFilter(str(folder), config=config)
    loaded.load_index_hashes()
    return loaded


def ours(queries: Sequence[str], index: NgramIndex) -> set[int]:
    """Search with our index.

    Args:
        queries: What is searched.
        index: The index.

    Returns:
        The places of those that match.
    """
    return {place for place, text in enumerate(queries) if matches(text, index, whole=True)}


def theirs(queries: Sequence[str], loaded: NGramsDecontFilter) -> set[int]:
    """Search with datatrove's filter.

    Args:
        queries: What is searched.
        loaded: The filter.

    Returns:
        The places of those that match.
    """
    documents = (Document(text=text, id=str(place)) for place, text in enumerate(queries))
    kept = {int(document.id) for document in loaded.run(documents)}
    return set(range(len(queries))) - kept


def timed(search: Callable[[], set[int]], count: int) -> tuple[float, set[int]]:
    """Measure one search.

    Args:
        search: The search.
        count: How many queries it goes through.

    Returns:
        Queries per second, and the places of those that match.
    """
    start = time.perf_counter()
    found = search()
    return count / (time.perf_counter() - start), found


def main() -> None:
    """Run the rounds and print rates, ratios and matches."""
    parser = argparse.ArgumentParser(description="Questions checked per second.")
    parser.add_argument("--rounds", type=int, default=3, help="times each side searches")
    parser.add_argument("--n", type=int, default=13, help="words in a run")
    parser.add_argument("files", nargs="+", type=Path, help="questions, JSON or JSON Lines")
    arguments = parser.parse_args()
    logger.remove()
    queries, items = load_queries(arguments.files), load_items(Path(os.environ["PTR_DATA"]))
    start = time.perf_counter()
    index = build_index(items, DecontaminationSettings(n=arguments.n))
    middle = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        loaded = their_filter(items, Path(scratch), arguments.n)
    built = middle - start, time.perf_counter() - middle
    lines = [
        f"{len(items)} benchmark items, {len(queries)} queries with answers",
        f"index: ours {built[0]:.1f} s, datatrove {built[1]:.1f} s, "
        f"ratio {built[1] / built[0]:.2f}",
    ]
    ours(queries[:20], index), theirs(queries[:20], loaded)
    ratios = []
    for number in range(1, arguments.rounds + 1):
        own_rate, own = timed(lambda: ours(queries, index), len(queries))
        other_rate, other = timed(lambda: theirs(queries, loaded), len(queries))
        ratios.append(own_rate / other_rate)
        lines.append(
            f"round {number}: ours {own_rate:.0f}/s, datatrove {other_rate:.0f}/s, ratio "
            f"{ratios[-1]:.2f}; matches: ours {len(own)}, datatrove {len(other)}, "
            f"both {len(own & other)}"
        )
    lines.append(f"median ratio {statistics.median(ratios):.2f}")
    for place in sorted(own ^ other):
        match = matches(queries[place], index)
        document = Document(text=queries[place], id=str(place))
        loaded.filter(document)
        said = match or document.metadata
        lines.append(f"{'ours' if place in own else 'datatrove'} alone, query {place}: {said}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
