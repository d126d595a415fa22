"""Sentiment and index on a cluster are those of one machine, whichever of its nodes dies."""

import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables.opinion import NPOI, NPOI_SCALING, SENTIMENT
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.ray_cluster import ray_cluster

DONE = re.compile(r"(?P<piece>.*) was done by process (?P<pid>\d+) of node (?P<node>\w+)")
OPINION = ("sentiment", "npoi", "npoi_scaling")


def started(root, tables, environment):
    return subprocess.Popen(
        [sys.executable, "-m", "sfr_pipeline_tests.opinion.on_cluster", str(root), *tables],
        cwd=CHECKOUT,
        env={**environment, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class Watched:
    """Reads what a process says; of each kind of pieces it kills a node that has done one.

    That is as soon as a second node has done one too. The head is number 0 and has to live.
    """

    def __init__(self, cluster, process):
        self.cluster, self.said, self.killed = cluster, [], []
        self.nodes = {"posts": [], "public": []}
        for line in process.stdout:
            self.said.append(line)
            if found := DONE.match(line):
                self._done(found["piece"].split()[0], int(found["pid"]))
        assert process.wait(60) == 0, "".join(self.said)

    def _done(self, kind, pid):
        seen = self.nodes.get(kind)
        if seen is None or len(seen) == 2 or (node := self.cluster.node_of(pid)) in seen:
            return
        seen.append(node)
        if len(seen) == 2:
            self.killed.append(max(seen))
            self.cluster.kill(max(seen))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A warehouse with the tables of one machine."""
    root = tmp_path_factory.mktemp("local")
    environment = {**os.environ, "SFR_ENGINE": "local"}
    said, _ = started(root, ("posts", "posts_rejected", *OPINION), environment).communicate()
    assert f"texts read: {ParquetStore(root).count('sandbox', SENTIMENT)}" in said
    return root


@pytest.mark.faults
def test_two_nodes_are_killed_and_the_tables_are_those_of_one_machine(local, tmp_path):
    root = tmp_path / "warehouse"
    shutil.copytree(local / "parquet/sandbox/posts", root / "parquet/sandbox/posts")
    with ray_cluster(nodes=3) as cluster:
        environment = {**cluster.environment, "SFR_ENGINE": "ray"}
        watched = Watched(cluster, started(root, OPINION, environment))
        assert sorted(watched.killed) == [1, 2]
        again = started(root, OPINION, environment)
        said, _ = again.communicate(timeout=300)
        assert again.returncode == 0, said
    n_texts = ParquetStore(local).count("sandbox", SENTIMENT)
    assert f"texts read: {n_texts}" in "".join(watched.said)
    assert "texts read: 0" in said
    assert not [line for line in said.splitlines() if line.startswith("posts ")]
    for table in (SENTIMENT, NPOI, NPOI_SCALING):
        ours, theirs = (ParquetStore(folder).read("sandbox", table) for folder in (local, root))
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
