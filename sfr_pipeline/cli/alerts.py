"""Command ``alerts``: what is open, what would have been sent, and whether targets answer."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import Market, load_market


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "alerts",
        "list a market's open alerts, acknowledge one, or try rules and targets",
        run,
        more="Environment: SFR_ALERTS is a folder of rules files that come first; the "
        "variables that a rules file names hold the addresses; see docs/alerts.md.",
    )
    add_market(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--acknowledge", metavar="ALERT", help="note that it is known: silent until it is cleared"
    )
    what.add_argument(
        "--dry-run",
        action="store_true",
        help="tell what would have been sent over the whole history, beside the market's events",
    )
    what.add_argument(
        "--test", action="store_true", help="send each target a message that nothing happened"
    )
    parser.add_argument(
        "--months",
        type=_months,
        default=6,
        help="before an event in which an alert is a warning, in a dry run (default %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Do what the options say; the exit status."""
    market = load_market(options.market)
    if options.dry_run:
        return _dry_run(market, options.months)
    if options.test:
        return _test(market)
    if options.acknowledge:
        return _acknowledge(market, options.acknowledge)
    return _list(market)


def _months(text: str) -> int:
    months = int(text)
    if not 1 <= months <= 24:
        raise argparse.ArgumentTypeError(f"{months} is not from 1 to 24")
    return months


def _list(market: Market) -> int:
    from sfr_pipeline.assets.alerts import desk_of
    from sfr_pipeline.operation.desk import open_alerts
    from sfr_pipeline.resources.warehouse import Warehouse

    standing = open_alerts(desk_of(market, Warehouse(), "cli").alerts())
    synthetic = "SYNTHETIC. " if market.synthetic else ""
    print(
        f"{synthetic}{market.title}: {len(standing) or 'no'} open alert{'s' * (len(standing) != 1)}"
    )
    for alert in standing:
        raised = alert.raised
        known = ", acknowledged" if alert.acknowledged else ""
        print(f"  {alert.id} ({raised.severity}{known})")
        print(f"    {raised.noted_at:%Y-%m-%d %H:%M} UTC: {raised.text}")
    return 0


def _acknowledge(market: Market, alert: str) -> int:
    from sfr_pipeline.assets.alerts import desk_of
    from sfr_pipeline.resources.warehouse import Warehouse

    warehouse = Warehouse(synthetic=market.synthetic)
    desk_of(market, warehouse, "cli").acknowledge(alert)
    warehouse.publish(market.name)
    print(f"{alert} is acknowledged: nothing more is told of it before it is cleared")
    return 0


def _dry_run(market: Market, months: int) -> int:
    from sfr_pipeline.operation.readings import measured_tables
    from sfr_pipeline.operation.replay import as_text, replay
    from sfr_pipeline.operation.rules_file import load_rules
    from sfr_pipeline.resources.warehouse import Warehouse

    names = measured_tables(market)
    frames = Warehouse().read_all(market.name, names, optional=names)
    print(as_text(replay(market, load_rules(market), frames, months)))
    return 0


def _test(market: Market) -> int:
    from sfr_pipeline.assets.alerts import desk_of
    from sfr_pipeline.resources.warehouse import Warehouse

    answers = desk_of(market, Warehouse(), "cli").trial()
    for target, why in answers.items():
        print(why or f"{target}: sent")
    return 1 if any(answers.values()) else 0
