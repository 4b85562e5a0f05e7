"""Builds whose gate asks a judge: what it decides, what it refuses, and what the card says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ptr_data.build import build_from
from ptr_eval.errors import UserError
from tests.ptr_data.methods.ptr.ptr_factory import prepare, settings
from tests.ptr_data.models.scripted import TextLM

Say = Callable[[str], str]


def path_with_judge(folder: Path, measure: dict[str, Any], gate: dict[str, Any]) -> Path:
    judge = {"name": "judge", "backend": "dummy", "args": {}}
    models = [*settings()["models"], judge]
    chosen = {"kind": "judge", "model": "judge", **measure}
    return prepare(folder, models=models, measure=chosen, gate={"sample": 20, **gate})


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def build(
        say: Say, measure: dict[str, Any] | None = None, gate: dict[str, Any] | None = None
    ) -> Path:
        monkeypatch.setattr(
            "ptr_eval.harness.loading.load_model", lambda backend, args: TextLM(say)
        )
        return build_from(path_with_judge(tmp_path, measure or {}, gate or {})).folder

    return build


def strong_first(prompt: str) -> bool:
    """Tell whether the strong model's answer, which is empty once, is shown first."""
    strong = prompt.find("surely") if "surely" in prompt else prompt.index("(no answer)")
    return strong < prompt.index("A first try")


def good(prompt: str) -> str:
    return f"Verdict: {'A' if strong_first(prompt) else 'B'}"


def comparison(out: Path) -> dict[str, Any]:
    report = json.loads((out / "manifest.json").read_text())["report"]
    (found,) = report["gate"]["comparisons"]
    return {"measure": report["gate"]["measure"], **found}


def number(prompt: str) -> int:
    return int(prompt.partition("Number ")[2].partition(":")[0])


def test_a_judge_that_prefers_the_strong_model_lets_it_pass(built: Callable[..., Path]) -> None:
    out = built(lambda prompt: "Verdict: A" if number(prompt) % 4 == 1 else good(prompt))
    found = comparison(out)
    decided = found["matches"]["decided"]
    assert found["pairs"] == 20
    assert found["matches"]["order-dependent"] == 20 - decided > 0
    assert found["adjusted_p"] < 0.05
    card = (out / "README.md").read_text()
    assert f"{decided} decided, {20 - decided} order-dependent. What could not be read" in card
    assert "judge judge, in the form plain" in card


@pytest.mark.parametrize(
    ("form", "stated"),
    [
        ("rm-r1-reasoning", ("<answer>[[A]]</answer>", "<answer>[[B]]</answer>")),
        ("rrm", (r"\boxed{Assistant 1}", r"\boxed{Assistant 2}")),
        ("form.yaml", ("BEST=1", "BEST=2")),
    ],
)
def test_the_judge_s_form_is_a_setting(
    built: Callable[..., Path], tmp_path: Path, form: str, stated: tuple[str, str]
) -> None:
    own = {"prompt": "{question} {first} {second}", "verdict": r"BEST=(\d)",
           "means": {1: "A", 2: "B"}}  # fmt: skip
    (tmp_path / "form.yaml").write_text(yaml.safe_dump(own))
    out = built(lambda prompt: stated[not strong_first(prompt)], {"judge_form": form})
    found = comparison(out)
    assert found["matches"]["decided"] == found["pairs"] == 20
    assert found["measure"] == f"judge judge, in the form {form}"
    assert str(tmp_path) not in (out / "manifest.json").read_text()


def test_a_gate_with_too_few_decided_matches_decides_nothing(
    built: Callable[..., Path], tmp_path: Path
) -> None:
    def say(prompt: str) -> str:
        return good(prompt) if number(prompt) == asked[0] else "I cannot say."

    asked = [_first_sampled(tmp_path / "first")]
    with pytest.raises(UserError) as caught:
        built(say)
    assert str(caught.value) == (
        "gate: the judge decided too few matches with the strong model large to tell whether it is "
        "stronger (small: 20 matches: 1 decided, 19 unreadable); choose another judge or "
        "`measure.judge_form`, or set `gate.required: false` to build all the same."
    )
    out = built(say, gate={"required": False})
    assert comparison(out)["enough"] is False
    assert "| **not decided** |" in (out / "README.md").read_text()
    lenient = built(say, gate={"required": False, "least_decided": 0.05})
    assert comparison(lenient)["enough"] is True
    assert "**not decided**" not in (lenient / "README.md").read_text()


def _first_sampled(folder: Path) -> int:
    """Find a question that the gate asks about."""
    asked: list[int] = []

    def say(prompt: str) -> str:
        asked.append(number(prompt))
        return good(prompt)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ptr_eval.harness.loading.load_model", lambda backend, args: TextLM(say))
        build_from(path_with_judge(folder, {}, {}))
    return asked[0]


@pytest.mark.parametrize("required", [True, False])
def test_a_judge_that_never_answers_stops_the_build(
    built: Callable[..., Path], required: bool
) -> None:
    def refuse(prompt: str) -> str:
        raise ValueError("401: wrong key")

    with pytest.raises(UserError) as caught:
        built(refuse, gate={"required": required})
    assert str(caught.value) == (
        "The judge judge answered none of 40 requests (ValueError: 401: wrong key); correct that, "
        "and start again."
    )


def test_a_judge_in_another_form_stops_the_build(built: Callable[..., Path]) -> None:
    with pytest.raises(UserError) as caught:
        built(lambda prompt: "<answer>[[A]]</answer>")
    assert str(caught.value) == (
        "No match could be read: 40 of 40 replies of the judge judge have no verdict in the form "
        "plain (one ends: '<answer>[[A]]</answer>'); choose the judge's own form with "
        "`measure.judge_form`."
    )


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("rm-r2", "`measure.judge_form`: /"),
        ("rm-r2", "rm-r2: no such form or file; choose one of plain, rm-r1-instruct"),
    ],
)
def test_a_form_that_is_not_there_is_refused(tmp_path: Path, form: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        build_from(path_with_judge(tmp_path, {"judge_form": form}, {}))
    assert message in str(caught.value)
