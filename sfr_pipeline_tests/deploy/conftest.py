"""Whether a program takes a command, for commands that no test could run."""

import argparse

import pytest

from sfr_pipeline.cli.commands import whole_parser


def _sfr(words):
    everywhere = argparse.ArgumentParser(prog="sfr", add_help=False)
    everywhere.add_argument("--workspace")
    whole_parser(everywhere, "").parse_args(words)


def _click(group, words):
    """Walk down to the command, and have it take its arguments without doing anything."""
    import click

    while isinstance(group, click.Group):
        group, words = group.commands[words[0]], words[1:]
    with group.make_context(group.name, list(words)):
        pass


def _dagster(words):
    from dagster._cli import create_dagster_cli

    _click(create_dagster_cli(), words)


def _webserver(words):
    from dagster_webserver.cli import create_dagster_webserver_cli

    _click(create_dagster_webserver_cli(), words)


def _daemon(words):
    from dagster._daemon.cli import create_dagster_daemon_cli

    _click(create_dagster_daemon_cli(), words)


PROGRAMS = {
    "sfr": _sfr, "dagster": _dagster, "dagster-webserver": _webserver, "dagster-daemon": _daemon,
}  # fmt: skip


@pytest.fixture
def takes():
    """Whether the program that begins a command takes the rest of it."""

    def ask(words):
        program, *rest = words
        try:
            PROGRAMS[program](rest)
        except SystemExit as stop:
            return stop.code == 0
        return True

    return ask
