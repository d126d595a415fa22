"""The package as its users have it: built, installed apart from the checkout, run from there."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.typed import make, with_this_environment

# What a folder of a user may be called.
FOLDER = "Straße nach Süden 数据"
# Notes of an unpacked source distribution, one of which lists its files.
NOTES = "sfr_pipeline.egg-info"


def files_of_the_checkout():
    """Paths of all files that belong to it, from its top, whatever else has been put there."""
    if not (CHECKOUT / ".git").exists():
        return (CHECKOUT / NOTES / "SOURCES.txt").read_text(encoding="utf-8").splitlines()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return [name for name in listed.stdout.split("\0") if name and os.path.lexists(CHECKOUT / name)]


def build(source, dist):
    """Build wheel and source distribution as ``make dist`` does, where there is no Makefile.

    Args:
        source: a part of a checkout.
        dist: the folder that is to hold both.
    """
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(source)])


def build_checkout(folder):
    """Run ``make dist`` in a copy of the checkout: notes of a build lie beside what it is of.

    Returns:
        The folder with wheel and source distribution.
    """
    source = folder / "source"
    for name in files_of_the_checkout():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, source / name, follow_symlinks=False)
    with_this_environment(source)
    make(source, "dist")
    return source / "dist"


def run(command, **options):
    """Run a command that must succeed; returns what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@dataclass(frozen=True)
class Installed:
    """An installed wheel, in a folder that stands for somebody's site-packages."""

    site: Path

    def state(self):
        """Size and moment of the last change of every file and folder."""
        found = {path: path.lstat() for path in (self.site, *self.site.rglob("*"))}
        return {path: (stat.st_size, stat.st_mtime_ns) for path, stat in found.items()}

    def command(self, folder, *command, **environment):
        """Run a command in a folder as its user does, with nothing of the checkout in reach.

        Networks are hardly trained, for their figures are not looked at here.
        """
        own = ("SFR_", "DAGSTER_", "PYTHON")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        return subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            env={**inherited, "PYTHONPATH": str(self.site), "SFR_PROFILE": "quick", **environment},
            check=False,
        )

    def sfr(self, folder, *arguments, **environment):
        """Run the console script."""
        return self.command(folder, str(self.site / "bin" / "sfr"), *arguments, **environment)

    def dagster(self, folder, *arguments, **environment):
        """Run a command of Dagster's own."""
        quiet = (sys.executable, "-W", "ignore", "-m", "dagster")
        return self.command(folder, *quiet, *arguments, **environment)

    def workspace(self, folder):
        """A new workspace, in a folder whose name is no plain one; returns it."""
        made = self.sfr(folder, "init", FOLDER)
        assert made.returncode == 0, made.stderr
        return folder / FOLDER

    def after_run(self, folder, market, files=None):
        """A new workspace after the main job of a market, and what that printed; returns it.

        Args:
            folder: that is to hold it.
            market: its name.
            files: texts of files that the user has put there before, by their names.
        """
        workspace = self.workspace(folder)
        for name, text in (files or {}).items():
            (workspace / name).write_text(text, encoding="utf-8")
        done = self.sfr(workspace, "run", market)
        assert done.returncode == 0, done.stderr
        (workspace / "output").write_text(done.stdout, encoding="utf-8")
        (workspace / "progress").write_text(done.stderr, encoding="utf-8")
        return workspace


def install(dist, site):
    """Install the wheel and nothing else, so that nobody may write where it lies.

    Args:
        dist: from ``build_checkout``.
        site: the folder.
    """
    (wheel,) = dist.glob("*.whl")
    apart = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    apart += ["-c", str(CHECKOUT / "constraints.txt")]
    run([*apart, "--disable-pip-version-check", "--target", str(site), str(wheel)])
    for path in (site, *site.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    return Installed(site)
