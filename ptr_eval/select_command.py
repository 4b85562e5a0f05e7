"""The command `ptr-eval select`: its options, and what they stand for."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptr_eval.command import add_command
from ptr_eval.errors import UserError
from ptr_eval.judge_flags import add_judge_model, count, judge_settings

if TYPE_CHECKING:
    from ptr_eval.best_of_n import JudgeSettings, RewardSettings

_EXAMPLE = (
    "ptr-eval select out --judge vllm --judge-args pretrained=gaotang/RM-R1-Qwen2.5-Instruct-7B "
    "--judge-form rm-r1-instruct"
)


def add_select(commands: Any) -> None:
    """Add the command to a parser."""
    help_ = "choose the best of a saved run's candidates"
    parser = add_command(commands, "select", _select, help_, _EXAMPLE)
    parser.add_argument(
        "run",
        type=Path,
        help="a results file, or a folder with some: of several runs the newest is taken",
    )
    chooser = parser.add_mutually_exclusive_group(required=True)
    chooser.add_argument(
        "--reward-model",
        metavar="MODEL",
        help="a sequence-classification model scores them (no default: this or --judge)",
    )
    chooser.add_argument(
        "--judge",
        metavar="BACKEND",
        help="a model under a backend of lm-eval compares pairs (no default: this or "
        "--reward-model)",
    )
    parser.add_argument("--name", help="what it is called in reports (default: the model's name)")
    parser.add_argument(
        "--tasks", nargs="+", default=[], metavar="TASK", help="only these (default: all)"
    )
    parser.add_argument(
        "--group",
        type=count,
        metavar="K",
        help="make groups of K samples of one answer each (default: the run's own groups)",
    )
    parser.add_argument(
        "--ledger", type=Path, help="what keeps scores and replies (default: beside the results)"
    )
    _add_reward_options(parser.add_argument_group("reward models"))
    _add_judge_options(parser.add_argument_group("judges"))


def _add_reward_options(reward: Any) -> None:
    reward.add_argument("--revision", help="the model's revision on the hub (default: the newest)")
    reward.add_argument(
        "--label",
        help="whose probability is the score, of several labels (default: the only one)",
    )
    reward.add_argument("--device", help="such as cpu or cuda:0 (default: a GPU if there is one)")
    reward.add_argument("--batch-size", type=count, help="candidates at a time (default: 8)")
    reward.add_argument(
        "--dtype",
        choices=["auto", "float32", "bfloat16", "float16"],
        help="the weights' type (default: auto, which is float32 on a CPU)",
    )
    reward.add_argument(
        "--max-length",
        type=count,
        help="how many tokens the model reads (default: what its configuration states)",
    )


def _add_judge_options(judge: Any) -> None:
    add_judge_model(judge, "the judge's own")
    judge.add_argument(
        "--engine",
        choices=["auto", "lockstep", "continuous"],
        help="when to ask: each tournament goes on by itself (continuous), or all go round by "
        "round (lockstep) (default: auto, which is continuous behind a server and in vLLM)",
    )
    judge.add_argument(
        "--judge-form",
        metavar="NAME|FILE",
        help="what it is asked, and how its verdict is read: plain, rm-r1-instruct, "
        "rm-r1-reasoning, rrm, arena-hard, mt-bench, or a YAML file with prompt, verdict and means "
        "(default: plain)",
    )


def _select(options: argparse.Namespace) -> None:
    from ptr_eval.best_of_n import select

    lines = select(
        options.run,
        _selector(options),
        name=options.name,
        tasks=options.tasks,
        group=options.group,
        ledger=options.ledger,
    )
    print(*lines, sep="\n")


def _selector(options: argparse.Namespace) -> "RewardSettings | JudgeSettings":
    from ptr_eval.best_of_n import RewardSettings

    for_reward = ("revision", "label", "device", "batch_size", "dtype", "max_length")
    for_judge = ("judge_args", "gen_kwargs", "judge_form", "engine")
    foreign, owner = (
        (for_judge, "--judge") if options.reward_model else (for_reward, "--reward-model")
    )
    if given := [name for name in foreign if getattr(options, name) is not None]:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise UserError(f"{flags}: only {owner} takes that; leave it out.")
    if options.judge:
        return judge_settings(options, "--judge-form", engine=options.engine or "auto")
    stated = {name: getattr(options, name) for name in for_reward}
    known = {name: value for name, value in stated.items() if value is not None}
    return RewardSettings(options.reward_model, **known)
