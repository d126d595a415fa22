"""All commands in one parser, in the order of a newcomer's days.

Imported once the workspace is known: what it has of its own is found when the package is loaded.
"""

import argparse

from sfr_pipeline.cli import (
    alerts,
    archive,
    ask,
    audit,
    check,
    compile_kernels,
    dictionary,
    doctor,
    evaluate_sentiment,
    export,
    findings,
    heal,
    import_template,
    init,
    init_market,
    picture,
    predict,
    probe,
    publish,
    recompute,
    refresh,
    report,
    run,
    score,
    site,
    summary,
    test_faults,
    tidy,
    ui,
)
from sfr_pipeline.cli.arguments import Parser, listing

# As the help has them.
COMMANDS = {
    "the first day": (init, run, report, ui, doctor),
    "what was found": (summary, ask, predict, alerts, export, site),
    "your own and live data": (
        init_market,
        score,
        import_template,
        check,
        probe,
        refresh,
        recompute,
    ),
    "published tables and sentiment models": (audit, evaluate_sentiment),
    "keeping it in order": (heal, tidy, publish, archive, test_faults),
    "for developers of this package, in its checkout": (
        findings,
        picture,
        dictionary,
        compile_kernels,
    ),
}


def whole_parser(everywhere: argparse.ArgumentParser, description: str) -> argparse.ArgumentParser:
    """The parser of the program.

    Args:
        everywhere: the options that may stand before and after a command.
        description: of the program.
    """
    parser: argparse.ArgumentParser = Parser(
        prog=everywhere.prog,
        usage="%(prog)s [options] command ...",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[everywhere],
    )
    commands = parser.add_subparsers(prog=parser.prog, dest="command", help=argparse.SUPPRESS)
    groups: dict[str, list[str]] = {}
    for title, modules in COMMANDS.items():
        before = set(commands.choices)
        for command in modules:
            command.add_to(commands)
        groups[title] = [name for name in commands.choices if name not in before]
    more = f"'{parser.prog} COMMAND --help' tells more of a command."
    parser.epilog = f"{listing(groups, commands)}\n\n{more}"
    return parser
