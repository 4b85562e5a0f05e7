"""Which rows are trained on, and what is said of those that cannot be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.reading import read_config
from ptr_train.training.selection import check_method, select, tally_text

KINDS = ["direct", "refine", "refine", "direct", "sft", "refine", "direct"]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("selection") / "train.yaml"
    file.write_text("out: out\nmodel: {name: org/model}\ndata: {path: rows}\n")
    return str(file)


def gsr(path: str, *overrides: str) -> TrainConfig:
    return read_config(path, ["loss.objective=gsr", *overrides])


def test_all_rows_are_chosen_where_nothing_is_said(path: str) -> None:
    assert select(KINDS, gsr(path)) == list(range(7))
    assert select(["text", "ptr"], read_config(path)) == [0, 1]


def test_an_arm_gets_the_rows_of_its_kinds(path: str) -> None:
    refine = gsr(path, "data.kinds=[refine]", "loss.refine_weight=1")
    assert select(KINDS, refine) == [1, 2, 5]
    direct = gsr(path, "data.kinds=[direct, sft]", "loss.refine_weight=0")
    assert select(KINDS, direct) == [0, 3, 4, 6]


@given(
    kinds=st.lists(st.sampled_from(["direct", "refine"]), min_size=2, max_size=60),
    limit=st.integers(2, 30),
    seed=st.integers(0, 5),
)
def test_a_limit_takes_as_many_of_each_kind_and_part_of_what_a_higher_one_takes(
    path: str, kinds: list[str], limit: int, seed: int
) -> None:
    fewest = min(kinds.count("direct"), kinds.count("refine"))
    said = ["data.kinds=[direct, refine]", f"seed={seed}"]
    config = gsr(path, *said, f"data.limit={limit}")
    if fewest == 0 or (limit + 1) // 2 > kinds.count("direct") or limit // 2 > fewest:
        with pytest.raises(UserError):
            select(kinds, config)
        return
    chosen = select(kinds, config)
    assert chosen == select(kinds, config) == sorted(set(chosen))
    assert [kinds[place] for place in chosen].count("direct") == (limit + 1) // 2
    assert len(chosen) == limit
    alone = gsr(path, "data.kinds=[direct]", "loss.refine_weight=0", f"seed={seed}",
                f"data.limit={kinds.count('direct')}")  # fmt: skip
    assert {place for place in chosen if kinds[place] == "direct"} <= set(select(kinds, alone))


def test_other_seeds_choose_other_rows(path: str) -> None:
    kinds = ["direct"] * 50
    said = ["data.limit=10", "loss.refine_weight=0"]
    first, second = (select(kinds, gsr(path, *said, f"seed={seed}")) for seed in (0, 1))
    assert first != second
    assert first != list(range(10))


@pytest.mark.parametrize(
    ("kinds", "overrides", "said"),
    [
        (
            ["sft", "sft"], [],
            "rows gives gsr 2 sft rows, none of kind refine or ptr, but `loss.refine_weight: 0.5` "
            "needs such rows; add some, or set it to 0.",
        ),
        (
            ["refine"], [],
            "rows gives gsr 1 refine rows, none of kind direct or sft, but `loss.refine_weight: "
            "0.5` needs such rows; add some, or set it to 1.",
        ),
        (
            KINDS, ["loss.refine_weight=0"],
            "rows gives gsr 3 direct, 3 refine, 1 sft rows, but with `loss.refine_weight: "
            "0` rows that are refine have no effect; set `data.kinds: [direct, sft]`, or another "
            "weight.",
        ),
        (
            KINDS, ["loss.refine_weight=1"],
            "rows that are direct have no effect; set `data.kinds: [refine]`, or another",
        ),
        (["text", "refine"], [], "and text is neither direct nor refine; leave it out of"),
        (
            KINDS, ["data.kinds=[direct, refined]"],
            "rows has no rows of kind refined, it has 3 direct, 3 refine, 1 sft; build such "
            "rows, or name other kinds.",
        ),
        (
            KINDS, ["data.kinds=[direct, refine]", "data.limit=8"],
            "`data.limit: 8` takes 4 rows of kind direct, and ",
        ),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_the_method_are_refused(
    path: str, kinds: list[str], overrides: list[str], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        select(kinds, gsr(path, *overrides))
    assert said in str(caught.value)
    assert str(Path(path).parent / "rows") in str(caught.value)


def test_numbers_are_told_by_kind() -> None:
    assert tally_text({"refine": 10_000, "direct": 5}) == "5 direct, 10,000 refine"


SHARED = [
    *(("direct", f"direct-q{n}-{draw}") for n in range(40) for draw in "ab" if n % 5),
    *(("refine", f"refine-q{n}-{draw}") for n in range(40) for draw in "012" if n % 7),
]
"""Rows of forty questions; every fifth has no direct row, every seventh none that refines."""

ARMS = {
    "direct": ["data.kinds=[direct]", "loss.refine_weight=0"],
    "refine": ["data.kinds=[refine]", "loss.refine_weight=1"],
    "hybrid": ["data.kinds=[direct, refine]"],
}


def arm(path: str, name: str, *overrides: str) -> list[str]:
    """The ids of the rows of an arm."""
    kinds, ids = zip(*SHARED, strict=True)
    config = gsr(path, *ARMS[name], "data.same_questions=true", *overrides)
    return [ids[place] for place in select(kinds, config, ids)]


def questions(ids: list[str]) -> list[str]:
    return sorted(name.split("-")[1] for name in ids)


@pytest.mark.parametrize("limit", ["data.limit=16", "data.limit=null"])
def test_arms_that_share_questions_have_each_of_them_once(path: str, limit: str) -> None:
    found = {name: arm(path, name, limit) for name in ARMS}
    both = {f"q{n}" for n in range(40) if n % 5 and n % 7}
    number = 16 if limit.endswith("16") else len(both)
    for ids in found.values():
        assert questions(ids) == questions(found["direct"])
        assert len(set(questions(ids))) == len(ids) == number
    assert set(questions(found["direct"])) <= both
    shares = [name.split("-")[0] for name in found["hybrid"]]
    assert shares.count("direct") == shares.count("refine") == number / 2
    assert set(found["hybrid"]) <= {*found["direct"], *found["refine"]}


def test_a_lower_limit_takes_part_of_the_questions_and_seeds_take_others(path: str) -> None:
    for name in ARMS:
        some, more = (set(arm(path, name, f"data.limit={limit}")) for limit in (6, 20))
        assert some < more
    first, other = (arm(path, "direct", "data.limit=10", f"seed={seed}") for seed in (0, 1))
    assert questions(first) != questions(other)


def test_too_few_shared_questions_are_refused(path: str) -> None:
    with pytest.raises(UserError) as caught:
        arm(path, "hybrid", "data.limit=29")
    said = str(caught.value)
    assert said.startswith("`data.same_questions`: ")
    assert said.endswith(
        "has 28 questions with rows of all its kinds (direct, refine), not 29; lower `data.limit`, "
        "or build more rows."
    )


def test_rows_whose_ids_name_no_question_are_refused(path: str) -> None:
    config = gsr(path, "data.same_questions=true")
    with pytest.raises(UserError, match=r"needs ids that name the question.* has 'row'\.$"):
        select(["direct", "refine"], config, ["row", "refine-q1-0"])


@pytest.mark.parametrize(
    ("loss", "kinds", "thoughts", "said"),
    [
        ("{objective: ift}", {"direct": 2, "refine": 3}, 0,
         r"rows has 3 rows of kind refine, whose questions show candidates.*path: .*rows/ift`"),
        ("{objective: ptr}", {"direct": 2, "refine": 3}, 0,
         r"has rows of gsr .2 direct, 3 refine.*set `loss\.objective: gsr`, or .*path: .*/ift"),
        ("{objective: ptr, variant: masked_ce}", {"refine": 3}, 0, "has rows of gsr"),
        ("{objective: ptr}", {"ptr": 5}, 0,
         r"no row with a thought, so its consistency .* raise `data\.encoding\.max_length` if"),
    ],
)  # fmt: skip
def test_rows_that_would_teach_something_else_are_refused(
    path: str, loss: str, kinds: dict[str, int], thoughts: int, said: str
) -> None:
    with pytest.raises(UserError, match=said) as caught:
        check_method(read_config(path, [f"loss={loss}"]), kinds, thoughts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "kinds", "thoughts"),
    [
        ("{objective: gsr}", {"direct": 1, "refine": 1}, 0),
        ("{objective: ift}", {"direct": 2}, 0),
        ("{objective: ift}", {"ptr": 2, "sft": 1}, 4),
        ("{objective: ptr}", {"ptr": 2, "sft": 1}, 4),
        ("{objective: ptr, variant: masked_ce}", {"sft": 1}, 0),
    ],
)
def test_rows_that_suit_the_method_are_taken(
    path: str, loss: str, kinds: dict[str, int], thoughts: int
) -> None:
    check_method(read_config(path, [f"loss={loss}"]), kinds, thoughts)
