"""Reward models: what they choose, how they read candidates, and how they are refused."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.best_of_n import RewardSettings, select
from ptr_eval.best_of_n.classifier import Classifier, Encoded, load_classifier
from ptr_eval.best_of_n.reward import choose_by_reward
from ptr_eval.errors import UserError
from ptr_eval.runs import read_selections
from tests.ptr_eval.best_of_n.run_factory import (
    group,
    make_reward_model,
    right,
    save_run,
    written,
    wrong,
)


@pytest.fixture
def run(sums: Path, tmp_path: Path) -> Path:
    groups: dict[int, list[list[str | None]]] = {
        0: [[wrong(), wrong("Two.") + "?", right(0) + "!", wrong()]],
        1: [[right(1) + "?", wrong() + "!", right(1), right(1) + "?"]],
        2: [[None, "<think>Oh!", right(2) + "?", None]],
        3: [[None] * 4],
    }
    return save_run(tmp_path / "run", sums, groups)


def test_the_best_score_is_chosen(run: Path, reward_model: Path) -> None:
    lines = select(run, RewardSettings(str(reward_model), batch_size=2), name="marks")
    rows, facts = written(run, "marks")
    assert [(row["doc_id"], row["position"], row["correct"]) for row in rows] == [
        (0, 2, True), (1, 1, False), (2, 2, True), (3, None, False),
    ]  # fmt: skip
    scores = rows[0]["scores"]
    assert scores[2] > 0.5 > scores[0] > -0.5 > scores[1]
    assert scores[0] == scores[3]
    assert [score is None for score in rows[2]["scores"]] == [True, True, False, True]
    assert rows[3]["scores"] == [None] * 4
    counts = facts["counts"]
    assert (counts["groups"], counts["empty"], counts["truncated"]) == (4, 1, 0)
    assert counts["tokens"] == sum(row["tokens"] for row in rows) > 100
    assert facts["settings"]["dtype"] == "float32"
    assert facts["settings"]["max_length"] == 256
    assert lines[1].split()[:4] == ["ptr_gsm8k", "4", "4", "4"]
    (selection,) = read_selections(next(run.rglob("samples_*.jsonl")).parent)
    assert selection.method == "reward"
    assert selection.chosen == {(0, 0): 2, (1, 0): 1, (2, 0): 2, (3, 0): None}


@pytest.mark.parametrize("chat", [True, False])
def test_scores_do_not_depend_on_the_batch(tiny_model: Path, tmp_path: Path, chat: bool) -> None:
    model = make_reward_model(tmp_path / "model", tiny_model, chat=chat)
    texts = ["Yes!", "A longer one, which is padded less?", "It is 7.", "!", "word " * 40 + "!"]
    settings = [RewardSettings(str(model), batch_size=size) for size in (1, 2, 5)]
    each = [
        choose_by_reward([group(*texts)], one, tmp_path / f"{one.batch_size}.ledger")
        for one in settings
    ]
    scores = [chosen.choices[0].why["scores"] for chosen in each]
    assert scores[1] == pytest.approx(scores[0], abs=1e-6)
    assert scores[2] == pytest.approx(scores[0], abs=1e-6)
    assert [score > 0.5 for score in scores[0]] == [True, False, False, True, True]
    assert each[0].choices[0].position == 0  # Of equal scores the first.


def test_a_model_that_names_no_padding_reads_texts_one_by_one(
    tiny_model: Path, tmp_path: Path
) -> None:
    model = make_reward_model(tmp_path / "model", tiny_model)
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "pad_token_id": None}))
    texts = ["Yes!", "A longer one, which is padded less?", "It is 7."]
    chosen = choose_by_reward([group(*texts)], RewardSettings(str(model)), tmp_path / "l")
    scores = chosen.choices[0].why["scores"]
    assert scores[0] > 0.5 > scores[2] > -0.5 > scores[1]


def test_an_encoder_reads_question_and_candidate_as_a_pair(tmp_path: Path) -> None:
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        BertConfig,
        BertForSequenceClassification,
        BertTokenizer,
    )

    torch.manual_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "what", "yes", "no", "it", "is", "?"]
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=64, num_labels=1, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    BertTokenizer(vocab={word: i for i, word in enumerate(words)}).save_pretrained(tmp_path)
    texts = ["yes", "no no no it is", "it is yes it is", "yes " * 90]
    settings = RewardSettings(str(tmp_path))
    (choice,) = choose_by_reward([group(*texts)], settings, tmp_path / "l").choices
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    with torch.inference_mode():
        pairs = [tokenizer("?", text, return_tensors="pt") for text in texts[:3]]
        expected = [float(model(**pair).logits) for pair in pairs]
    assert choice.why["scores"][:3] == pytest.approx(expected, abs=1e-5)
    assert len(set(expected)) == 3
    assert choice.counts["truncated"] == 1


def test_of_a_long_candidate_the_end_is_read(reward_model: Path, tmp_path: Path) -> None:
    texts = ["word " * 500 + "!", "word " * 500 + "?", "Short."]
    chosen = choose_by_reward(
        [group(*texts)], RewardSettings(str(reward_model), max_length=64), tmp_path / "l"
    )
    (choice,) = chosen.choices
    assert choice.position == 0
    assert choice.counts["truncated"] == 2
    assert 100 < choice.counts["tokens"] <= 3 * 64
    classifier = load_classifier(RewardSettings(str(reward_model), max_length=64))
    (inputs,) = classifier.encode([("What?", texts[0])])
    shown = classifier.tokenizer.decode(inputs.ids)
    assert shown.startswith("<|user|>What?<|assistant|>[...] ")
    assert 50 <= len(inputs.ids) <= 64
    for text in ("Yes!", "word " * 500 + "!"):
        (inputs,) = classifier.encode([("What? " * 500, text)])
        shown = classifier.tokenizer.decode(inputs.ids)
        assert inputs.truncated
        assert 50 <= len(inputs.ids) <= 64
        assert shown.startswith("<|user|>[...] ")
        assert "What? <|assistant|>" in shown
        assert shown.endswith(text[-4:])
    (inputs,) = load_classifier(RewardSettings(str(reward_model), max_length=1)).encode(
        [("a", "b!")]
    )
    assert len(inputs.ids) == 1


def test_each_different_text_is_scored_once(
    run: Path, reward_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = count_scored(monkeypatch)
    select(run, RewardSettings(str(reward_model)))
    assert len(scored) == 3 + 3 + 1
    scored.clear()
    select(run, RewardSettings(str(reward_model)))
    assert scored == []


def count_scored(monkeypatch: pytest.MonkeyPatch, stops_after: int | None = None) -> list[Any]:
    scored: list[Any] = []
    plain = Classifier.score

    def counting(self: Classifier, batch: Sequence[Encoded]) -> list[float]:
        if stops_after is not None and len(scored) >= stops_after:
            raise KeyboardInterrupt
        scored.extend(batch)
        return plain(self, batch)

    monkeypatch.setattr(Classifier, "score", counting)
    return scored


def test_a_killed_call_goes_on_where_it_stopped(
    run: Path, reward_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = shutil.copytree(run, tmp_path / "whole")
    settings = RewardSettings(str(reward_model), batch_size=2)
    select(whole, settings)
    with monkeypatch.context() as patch:
        assert count_scored(patch, stops_after=4) == []
        with pytest.raises(KeyboardInterrupt):
            select(run, settings)
    assert list(run.rglob("selections_*.json*")) == []
    scored = count_scored(monkeypatch)
    select(run, settings)
    assert len(scored) == 7 - 4
    assert written(run, reward_model.name) == written(whole, reward_model.name)


# Labels


@pytest.fixture(scope="module")
def labelled(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled")
    return make_reward_model(folder, tiny_model, labels=["bad", "good"])


def test_a_label_s_probability_is_the_score(labelled: Path, tmp_path: Path) -> None:
    texts = group("Yes!", "No?", "So.")
    for label, best in (("good", 0), ("bad", 1)):
        settings = RewardSettings(str(labelled), label=label)
        (choice,) = choose_by_reward([texts], settings, tmp_path / "one.ledger").choices
        assert choice.position == best
        assert all(0 < score < 1 for score in choice.why["scores"])


# What is refused


def untrained(folder: Path, source: Path) -> Path:
    """Save a language model that calls itself a classifier."""
    shutil.copytree(source, folder)
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["LlamaForSequenceClassification"]
    config["id2label"] = {"0": "LABEL_0"}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_a_model_that_writes_is_no_reward_model(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a LlamaForCausalLM, which does not classify sequ"):
        load_classifier(RewardSettings(str(tiny_model)))
    folder = untrained(tmp_path / "untrained", tiny_model)
    with pytest.raises(UserError, match=r"has no weights for score\.weight, so its scores would"):
        load_classifier(RewardSettings(str(folder)))


def test_labels_are_asked_for_by_name(labelled: Path, reward_model: Path) -> None:
    for settings, message in [
        (RewardSettings(str(labelled)), "has the labels bad, good; choose one"),
        (RewardSettings(str(labelled), label="fine"), "bad, good; 'fine' is none of them"),
        (RewardSettings(str(reward_model), label="good"), "--label good: .* has one label"),
    ]:
        with pytest.raises(UserError, match=message):
            load_classifier(settings)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be loaded .*; name a sequence-classification"):
        load_classifier(RewardSettings(str(tmp_path)))


def test_weights_that_can_hold_code_are_refused(reward_model: Path, tmp_path: Path) -> None:
    import torch

    folder = shutil.copytree(reward_model, tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"with safetensors weights\.$"):
        load_classifier(RewardSettings(str(folder)))


def test_scores_that_are_no_numbers_are_refused(
    reward_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Classifier, "score", lambda self, batch: [float("nan")] * len(batch))
    with pytest.raises(UserError, match="no numbers; try --dtype float32"):
        choose_by_reward([group("a")], RewardSettings(str(reward_model)), tmp_path / "l")
