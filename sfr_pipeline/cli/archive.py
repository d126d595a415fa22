"""Command ``archive``: check, copy, bring back and compact what is only added to."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command


def add_to(commands: Commands) -> None:
    """Add the command and its own commands."""
    parser = add_command(
        commands,
        "archive",
        "check, back up, restore or compact the tables that nothing can make again",
        run,
        more="Each ends with an error that names the files where something is wrong.",
    )
    parts = parser.add_subparsers(required=True, metavar="what", dest="what")
    for name, does in (
        ("verify", "check every file against its hash, and whether one is missing"),
        ("compact", "put many small files of a table into one"),
    ):
        parts.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
    for name, does in (
        ("backup", "copy what the folder lacks of these tables, and check the copy"),
        ("restore", "bring back what the warehouse lacks of a backup; nothing is overwritten"),
    ):
        part = parts.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
        part.add_argument("folder", help="of the backup, or s3://BUCKET/PREFIX")


def run(options: argparse.Namespace) -> None:
    """Do it, and print what was found or done in each table."""
    from sfr_pipeline.operation import archive
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.workspace import place_of

    warehouse = Warehouse()
    root = warehouse.folder
    if options.what == "verify":
        kept, did = archive.verify(root), ""
    elif options.what == "compact":
        kept, did = archive.compact(root), " made of {}"
    elif options.what == "backup":
        backup = place_of(options.folder, "folder")
        kept, did = archive.backup(root, backup), ", {} of them new"
    else:
        backup = place_of(options.folder, "folder")
        kept, did = archive.restore(root, backup), ", {} of them brought back"
        warehouse.publish_all()
    for table in kept:
        print(f"{table.folder}  {table.files} sound files{did.format(table.changed)}")
