"""Write the made-up files anew: `python -m sfr_pipeline_tests.vendors.make_files`."""

from pathlib import Path

from sfr_pipeline_tests.vendors.manifest import FILES, MADE


def make(folder: Path = FILES) -> None:
    """Write every file of the manifest below a folder."""
    for record, write in MADE:
        path = folder / record.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write())


if __name__ == "__main__":
    make()
