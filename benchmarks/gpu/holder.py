"""A process that asks for a device as a run does, for `device.two_processes`.

It tells on standard output, a line of JSON each, that it has to wait, when it was given the device
and when it gave it back, on the clock that all processes of a machine share. It keeps the device
until its standard input ends.
"""

import json
import sys
import time

from sfr_pipeline.engine.device import alone_on

PRODUCTS = 100


def main(device: str, works: bool) -> None:
    """Hold a device.

    Args:
        device: as torch names it.
        works: whether it lets the device multiply meanwhile.
    """
    with alone_on(device, lambda _: _tell("waits")):
        _tell("begins")
        if works:
            import torch

            matrix = torch.randn(2048, 2048, device=device)
            for _ in range(PRODUCTS):
                (matrix @ matrix).sum().item()
        sys.stdin.read()
        _tell("ends")


def _tell(what: str) -> None:
    print(json.dumps({what: time.monotonic()}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "works")
