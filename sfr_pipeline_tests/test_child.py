"""A child process ends with its parent, and takes its own children with it."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from sfr_pipeline import child
from sfr_pipeline.child import popen

# Starts a process of its own, says both numbers, and sleeps; deaf to SIGTERM if told so.
FAMILY = textwrap.dedent("""
    import os, signal, subprocess, sys, time
    if "deaf" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(os.getpid(), inner.pid, flush=True)
    time.sleep(600)
""")
PARENT = textwrap.dedent("""
    import sys
    from sfr_pipeline.child import popen
    with popen([sys.executable, "-c", sys.argv[1], *sys.argv[2:]], seconds_to_end=1.0) as process:
        process.wait()
""")


def family(*words):
    return [sys.executable, "-c", FAMILY, *words]


def numbers(process):
    return [int(word) for word in process.stdout.readline().split()]


def running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def all_end(pids, within):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not any(running(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_child_and_grandchild_end_with_a_parent_that_is_killed(ending):
    command = [sys.executable, "-c", PARENT, FAMILY]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        pids = numbers(parent)
        assert len(pids) == 2
        assert all(running(pid) for pid in pids)
        parent.send_signal(ending)
        parent.wait(20)
        assert all_end(pids, within=5)


def test_a_child_deaf_to_sigterm_ends_with_a_killed_parent_too():
    command = [sys.executable, "-c", PARENT, FAMILY, "deaf"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pids = numbers(parent)
        parent.kill()
        parent.wait(20)
        assert all_end(pids, within=8)


def test_a_fork_of_the_parent_that_lives_on_does_not_keep_the_child_alive():
    # The fork inherits the writing end of the pipe, so that it never closes.
    forking = "import os, sys, time\n" + PARENT.replace(
        "    process.wait()",
        "    if os.fork() == 0:\n        time.sleep(60)\n        os._exit(0)\n    process.wait()",
    )
    command = [sys.executable, "-c", forking, FAMILY]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as parent:
        pids = numbers(parent)
        parent.kill()
        parent.wait(20)
        try:
            assert all_end(pids, within=8)
        finally:
            os.killpg(parent.pid, signal.SIGKILL)


def test_leaving_the_block_ends_the_child_and_what_it_started():
    with popen(family(), stdout=subprocess.PIPE, text=True) as process:
        pids = numbers(process)
    assert all_end(pids, within=2)
    assert process.returncode == -signal.SIGKILL


def test_an_error_inside_the_block_ends_them_too():
    pids = []

    def break_off():
        with popen(family(), stdout=subprocess.PIPE, text=True) as process:
            pids.extend(numbers(process))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert all_end(pids, within=2)


def test_terminate_ends_the_whole_group():
    with popen(family(), stdout=subprocess.PIPE, text=True) as process:
        pids = numbers(process)
        process.terminate()
        process.wait(10)
        assert all_end(pids, within=2)


def test_a_killed_launcher_leaves_nothing_behind():
    with popen(family(), stdout=subprocess.PIPE, text=True) as process:
        pids = numbers(process)
        process.kill()
    assert all_end(pids, within=2)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("pass", 0),
        ("raise SystemExit(3)", 3),
        ("import os; os.kill(os.getpid(), 11)", 128 + 11),
    ],
)
def test_the_status_is_that_of_the_command(code, status):
    with popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as process:
        assert process.wait(20) == status


def test_a_program_that_is_not_there_has_the_status_of_a_shell():
    with popen(["/no/such/program"], stderr=subprocess.PIPE, text=True) as process:
        assert process.wait(20) == 127
        assert "/no/such/program: No such file" in process.stderr.read()


def test_options_reach_the_command(tmp_path):
    reading, writing = os.pipe()
    code = (
        "import os, sys; os.write(int(sys.argv[1]), os.environ['WORD'].encode()); "
        "print(os.getcwd())"
    )
    with popen(
        [sys.executable, "-c", code, str(writing)],
        pass_fds=(writing,),
        cwd=tmp_path,
        env={**os.environ, "WORD": "heard"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.read().strip() == str(tmp_path)
        assert process.wait(20) == 0
    os.close(writing)
    with os.fdopen(reading, "rb") as heard:
        assert heard.read() == b"heard"


def test_signals_mean_to_the_command_what_they_mean_to_any():
    code = "import signal; print([signal.getsignal(n) == signal.SIG_DFL for n in (1, 15, 17)])"
    with popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.read().strip() == "[True, True, True]"


def test_no_descriptor_of_the_launcher_reaches_the_command():
    code = "import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    with popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.read().strip() == "[0, 1, 2]"


def test_the_launcher_needs_nothing_but_the_standard_library():
    command = [sys.executable, "-I", "-S", child.__file__]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert "IndexError" in done.stderr
