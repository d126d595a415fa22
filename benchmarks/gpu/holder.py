"""A process that asks for a device as a run does, for `device.two_processes`.

It tells on standard output, a line of JSON each, that it asked, that it has to wait, when it was
given the device and when it gave it back, on the clock that all processes of a machine share.
"""

import json
import sys
import time

from sfr_pipeline.engine.device import alone_on


def main(device: str, seconds: float, works: bool) -> None:
    """Hold a device for a while.

    Args:
        device: as torch names it.
        seconds: to hold it for.
        works: whether it lets the device multiply meanwhile.
    """
    _tell("asks")
    with alone_on(device, lambda _: _tell("waits")):
        _tell("begins")
        until = time.monotonic() + seconds
        if works:
            import torch

            matrix = torch.randn(2048, 2048, device=device)
            while time.monotonic() < until:
                (matrix @ matrix).sum().item()
        else:
            time.sleep(seconds)
        _tell("ends")


def _tell(what: str) -> None:
    print(json.dumps({what: time.monotonic()}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3] == "works")
