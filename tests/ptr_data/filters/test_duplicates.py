"""The first of each group of equal or alike questions stays, and unrelated ones do too."""

import random
import sqlite3
import tempfile
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import repeat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import ptr_data.filters.duplicates as module
from ptr_data.filters.duplicates import (
    DuplicateSettings,
    Sketch,
    mark_duplicates,
    signature,
    sketch,
)
from ptr_data.records import Question, question_id
from ptr_eval.config import checked
from ptr_eval.errors import UserError

DEFAULT = DuplicateSettings()
few = hypothesis_settings(max_examples=40, deadline=None)


def queries(texts: Iterable[str], references: Iterable[str] = repeat("")) -> list[Question]:
    pairs = zip(texts, references, strict=False)
    return [
        Question(question_id(text), text, reference, "a.jsonl", n)
        for n, (text, reference) in enumerate(pairs, start=1)
    ]


def marks(
    texts: Iterable[str],
    settings: DuplicateSettings = DEFAULT,
    references: Iterable[str] = repeat(""),
) -> list[tuple[str, str] | None]:
    signed = [sketch(query, settings) for query in queries(texts, references)]
    with tempfile.TemporaryDirectory() as folder:
        return list(mark_duplicates(signed, Path(folder), settings))


def made_up(seed: int, characters: int = 300) -> str:
    return "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz ", k=characters)).strip()


def similarity(one: str, other: str) -> float:
    """The Jaccard similarity of two texts that are already plain."""
    a, b = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (one, other))
    return len(a & b) / len(a | b)


QUESTION = "As a sports commentator, describe the winning play in the final seconds of a game."
COPY = "  as a sports commentator,\ndescribe the WINNING play in the final seconds of a game. "
NEAR = "As a sports commentator, describe a winning play in the final seconds of a game."
OTHER = "How many pages are in all the books ever written? Explain your answer step by step."


def test_the_reason_and_the_kept_question_are_named() -> None:
    first = question_id(QUESTION)
    exact, near = marks([OTHER, QUESTION, COPY, NEAR])[2:]
    assert exact == ("exact duplicate", first)
    assert near is not None
    assert near[0] == "near duplicate"
    assert near[1].startswith(f"{first} (similarity 0.")
    assert marks([OTHER, QUESTION])[:2] == [None, None]


def test_near_duplicates_can_be_kept() -> None:
    settings = DuplicateSettings(near=False)
    assert signature(queries([QUESTION])[0], settings) == b""
    found = marks([QUESTION, NEAR, COPY, ""], settings)
    assert found == [None, None, ("exact duplicate", question_id(QUESTION)), None]


@pytest.mark.parametrize(
    ("references", "dropped"),
    [
        (("7", "8"), False),
        (("It is 7.", "it  IS 7."), True),
        (("7", ""), True),
        ((" ", "8"), True),
        (("", ""), True),
    ],
)
def test_near_duplicates_with_other_references_are_other_questions(
    references: tuple[str, str], dropped: bool
) -> None:
    pair = [QUESTION, NEAR]
    assert [mark is not None for mark in marks(pair, DEFAULT, references)] == [False, dropped]
    apart = DuplicateSettings(references=False)
    assert [mark is not None for mark in marks(pair, apart, references)] == [False, True]


def test_exact_copies_are_dropped_whatever_their_references() -> None:
    found = marks([QUESTION, COPY], DEFAULT, ["7", "8"])
    assert found == [None, ("exact duplicate", question_id(QUESTION))]


def test_a_question_repeats_the_likest_one_of_those_with_its_reference() -> None:
    texts = [NEAR, QUESTION + " Do!", QUESTION]
    mark = marks(texts, DEFAULT, ["7", "8", "7"])[2]
    assert mark is not None
    assert mark[1].startswith(question_id(NEAR))


def test_a_copy_of_a_dropped_question_names_one_that_is_kept() -> None:
    found = marks([QUESTION, NEAR, NEAR])
    assert found[1] == found[2]
    assert found[2] is not None
    assert found[2][1].startswith(question_id(QUESTION))


@few
@given(st.lists(st.text(max_size=12), min_size=1, max_size=12), st.data())
def test_an_exact_copy_never_survives(texts: list[str], data: st.DataObject) -> None:
    copied = [text.upper() if text.upper().casefold() == text.casefold() else f" {text} "
              for text in texts]  # fmt: skip
    mixed = data.draw(st.permutations([*texts, *copied]))
    found = marks(mixed)
    kept = [question_id(text) for text, mark in zip(mixed, found, strict=True) if mark is None]
    assert len(kept) == len(set(kept))
    assert found[0] is None
    for mark in found:
        assert mark is None or mark[1].split()[0] in kept


@few
@given(st.permutations([COPY, NEAR, OTHER, NEAR + " Now!", made_up(1), made_up(2)]))
def test_the_order_of_the_others_does_not_change_what_stays(others: Sequence[str]) -> None:
    texts = [QUESTION, *others]
    kept = {text for text, mark in zip(texts, marks(texts), strict=True) if mark is None}
    assert kept == {QUESTION, OTHER, made_up(1), made_up(2)}


def test_near_copies_above_the_threshold_are_found_with_the_stated_probability() -> None:
    pairs = []
    for seed in range(300):
        text = made_up(seed)
        at = random.Random(seed).randrange(20, 250)
        pairs.append((text, text[:at] + "0123456" + text[at + 7 :]))
    likeness = [similarity(*pair) for pair in pairs]
    assert 0.90 < min(likeness) < max(likeness) < 0.94
    found = marks([text for pair in pairs for text in pair])
    assert found[::2] == [None] * 300
    # s = .9: compared with probability .9999, estimated with a standard error of .027, so that
    # .8 is 3.8 of them away: fewer than 1 miss in 1,000 pairs is expected.
    assert sum(mark is None for mark in found[1::2]) <= 2


def test_pairs_clearly_below_the_threshold_stay() -> None:
    texts = []
    for seed in range(100):
        text = made_up(seed)
        texts += [text, text[:200] + made_up(seed + 1_000, 100)]
    assert 0.4 < similarity(texts[0], texts[1]) < 0.6
    assert marks(texts) == [None] * 200


def test_unrelated_texts_stay() -> None:
    assert marks(made_up(seed, 40 + seed) for seed in range(500)) == [None] * 500


def test_questions_made_from_one_template_stay_apart_and_copies_are_still_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FULL_BUCKET", 2)
    monkeypatch.setattr(module, "COMPARED", 3)
    template = "Write a story of about five hundred words on the subject of "
    texts = [template + made_up(seed, 60) for seed in range(200)]
    found = marks([*texts, *texts])
    assert found[:200] == [None] * 200
    assert found[200:] == [("exact duplicate", question_id(text)) for text in texts]


@few
@given(st.text(max_size=40))
def test_equal_ids_mean_equal_signatures(text: str) -> None:
    other = f"\n{text}  ".replace(" ", " \t")
    one, two = queries([text, other])
    assert one.id == two.id
    assert signature(one, DEFAULT) == signature(two, DEFAULT)
    assert len(signature(one, DEFAULT)) == 4 * DEFAULT.permutations


def test_a_signature_never_changes() -> None:
    # Signatures are kept between runs: another value means that those must be made anew.
    values = signature(queries([QUESTION])[0], DuplicateSettings(permutations=4, bands=2))
    assert values.hex() == "f4c53001bf42460101ecae0038444b01"


def test_broken_characters_have_a_signature() -> None:
    assert marks(["What is \ud83d this?", "What is \ud83d  this?"])[1] is not None


def test_the_blocks_that_questions_are_read_in_make_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = random.Random(0)
    texts = [made_up(rng.randrange(40), 100) + rng.choice(["", " x", " yy"]) for _ in range(200)]
    whole = marks(texts)
    monkeypatch.setattr(module, "_BLOCK", 7)
    assert marks(texts) == whole
    assert 0 < sum(mark is None for mark in whole) < 60


def test_a_leftover_index_is_replaced_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "duplicates.sqlite")) as leftover:
        leftover.execute("CREATE TABLE kept (x)")
    assert list(mark_duplicates([Sketch("a")], tmp_path, DuplicateSettings(near=False))) == [None]
    assert list(tmp_path.iterdir()) == []


def test_an_abandoned_pass_leaves_nothing_behind(tmp_path: Path) -> None:
    found = mark_duplicates([Sketch("a")] * 2, tmp_path / "new", DuplicateSettings(near=False))
    assert next(found) is None
    assert isinstance(found, Iterator)
    del found
    assert list((tmp_path / "new").iterdir()) == []


def test_memory_of_a_few_megabytes_does_not_grow_with_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK", 500)

    def peak(count: int) -> int:
        rng = random.Random(count)
        signed = (Sketch(f"{rng.getrandbits(64):016x}", rng.randbytes(512)) for _ in range(count))
        tracemalloc.start()
        assert all(mark is None for mark in mark_duplicates(signed, tmp_path, DEFAULT))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(1_000)
    assert peak(4_000) < 1.2 * peak(1_000) < 10e6


def test_bands_must_divide_permutations() -> None:
    with pytest.raises(UserError, match=r"`bands`: must divide permutations \(128\), not 10"):
        checked({"bands": 10}, DuplicateSettings, Path("c.yaml"))
