"""Help texts: every option states its default, and every command ends in an example."""

import argparse
from collections.abc import Iterator

import pytest

from ptr_data.cli import _parser as data_parser
from ptr_eval.cli import _parser as eval_parser
from ptr_train.cli import _parser as train_parser


def parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """List all commands: their full name, and their parser."""
    for make in (eval_parser, data_parser, train_parser):
        parser = make()
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, command in action.choices.items():
                    yield f"{parser.prog} {name}", command


COMMANDS = dict(parsers())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_states_its_default(name: str) -> None:
    for action in COMMANDS[name]._actions:
        assert action.help, action.dest
        must = action.required or (not action.option_strings and action.nargs is None)
        if not must and not isinstance(action, argparse._HelpAction):
            assert "default" in action.help, action.dest
            if action.default not in (None, False, []):
                assert "%(default)s" in action.help, action.dest


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_ends_in_an_example_that_it_understands(name: str) -> None:
    command = COMMANDS[name]
    heading, example = (command.epilog or "").split("\n  ")
    assert heading == "example:"
    assert command.format_help().endswith(f"{heading}\n  {example}\n")
    if name not in ("ptr-eval run", "ptr-eval tasks-path"):  # Those examples are lm-eval's.
        words = example.partition(" && ")[0].split()
        assert " ".join(words[:2]) == name
        command.parse_args(words[2:])


def test_every_command_takes_verbose() -> None:
    for name, command in COMMANDS.items():
        assert "--verbose" in command._option_string_actions, name
