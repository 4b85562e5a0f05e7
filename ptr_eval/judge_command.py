"""The command `ptr-eval judge`: its options, and what they stand for."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptr_eval.command import add_command
from ptr_eval.errors import UserError
from ptr_eval.judge_flags import add_judge_model, count, judge_settings

if TYPE_CHECKING:
    from ptr_eval.judging import JudgeOptions

_EXAMPLE = (
    "ptr-eval judge out/base --judge local-chat-completions --judge-args "
    "model=NAME,base_url=http://localhost:8000/v1/chat/completions --compare previous"
)
_MATCHES = 50
_FORM = "--prompt"


def add_judge(commands: Any) -> None:
    """Add the command to a parser."""
    help_ = "let a judge compare the rounds of a saved run"
    parser = add_command(commands, "judge", _judge, help_, _EXAMPLE)
    parser.add_argument(
        "run",
        type=Path,
        help="a results file, or a folder with some: of several runs the newest is taken",
    )
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--judge",
        metavar="BACKEND",
        help="a model under a backend of lm-eval (no default: this or --page)",
    )
    who.add_argument(
        "--page",
        type=Path,
        metavar="DIR",
        help="write a blinded page and a CSV for people instead (no default: this or --judge)",
    )
    parser.add_argument(
        "--compare",
        metavar="first|previous|run:OTHER",
        help="with what each answer is compared: with round 1, with the round before, or with the "
        "same round of another run (default: first)",
    )
    parser.add_argument(
        "--rubric",
        type=Path,
        metavar="FILE|own",
        help='JSON Lines of {"doc_id": 0, "checklist": ["names a number"]}, or own for the '
        "questions' field of that name: score each answer by the share of the list that it meets, "
        "and compare nothing (default: compare)",
    )
    parser.add_argument("--name", help="what it is called in file names (default: the judge's)")
    parser.add_argument(
        "--tasks", nargs="+", default=[], metavar="TASK", help="only these (default: all)"
    )
    _add_judge_options(parser.add_argument_group("the judge"))
    _add_people_options(parser.add_argument_group("people"))


def _add_judge_options(judge: Any) -> None:
    add_judge_model(judge, "greedy, 2048 tokens")
    judge.add_argument(
        _FORM,
        "--judge-form",
        dest="judge_form",
        metavar="NAME|FILE",
        help="what it is asked, and how its verdict is read, as in `ptr-eval select` "
        "(default: plain)",
    )
    judge.add_argument(
        "--repeats",
        type=count,
        metavar="N",
        help="ask everything so many times, to see whether it says the same; verdicts must be "
        "drawn (default: 1)",
    )
    judge.add_argument(
        "--no-control",
        action="store_true",
        help="leave out the control, which compares two samples of the same round where there are "
        "two (default: with it)",
    )
    judge.add_argument(
        "--ledger", type=Path, help="what keeps its replies (default: beside the results)"
    )


def _add_people_options(people: Any) -> None:
    people.add_argument(
        "--matches",
        type=count,
        metavar="N",
        help=f"how many matches --page shows (default: {_MATCHES})",
    )
    people.add_argument(
        "--people",
        type=Path,
        metavar="FILE",
        help="the choices that people made on such a page, to compare with (default: none)",
    )


def _judge(options: argparse.Namespace) -> None:
    _check(options)
    if options.page:
        from ptr_eval.judging.people import write_page

        count_ = options.matches or _MATCHES
        lines = write_page(options.run, _options(options), options.page, count_)
    elif options.rubric:
        from ptr_eval.judging.rubric import judge_by_rubric

        settings = judge_settings(options, _FORM)
        lines = judge_by_rubric(options.run, settings, _options(options), options.rubric)
    else:
        from ptr_eval.judging import judge_rounds

        lines = judge_rounds(options.run, judge_settings(options, _FORM), _options(options))
    print(*lines, sep="\n")


_OF_JUDGE = ("judge_args", "gen_kwargs", "judge_form", "repeats", "no_control", "ledger", "people",
             "rubric", "name")  # fmt: skip
_OF_MATCHES = ("compare", "judge_form", "repeats", "no_control", "people")
_SPELLED = {"judge_form": _FORM}


def _check(options: argparse.Namespace) -> None:
    """Refuse what would be ignored."""
    refused = {
        "--page asks no judge": _given(options, _OF_JUDGE) if options.page else [],
        "--rubric compares nothing": _given(options, _OF_MATCHES) if options.rubric else [],
        "only --page takes that": [] if options.page else _given(options, ("matches",)),
    }
    problems = [
        f"{', '.join(flags)}: {why}; leave it out." for why, flags in refused.items() if flags
    ]
    if problems:
        raise UserError.collect(problems)


def _given(options: argparse.Namespace, names: tuple[str, ...]) -> list[str]:
    given = [name for name in names if getattr(options, name) not in (None, False)]
    return [_SPELLED.get(name, f"--{name.replace('_', '-')}") for name in given]


def _options(options: argparse.Namespace) -> "JudgeOptions":
    from ptr_eval.judging import JudgeOptions

    return JudgeOptions(
        compare=options.compare or "first",
        tasks=options.tasks,
        name=options.name,
        repeats=options.repeats or 1,
        control=not options.no_control,
        people=options.people,
        ledger=options.ledger,
    )
