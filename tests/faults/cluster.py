"""A program that holds a Ray cluster: tells its address, and ends with its standard input."""

from __future__ import annotations

import sys


def main() -> None:
    """Hold a cluster of one node."""
    import ray

    context = ray.init(
        address="local",
        num_cpus=4,
        _node_ip_address="127.0.0.1",
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    print(context.address_info["address"], flush=True)
    sys.stdin.read()
    ray.shutdown()


if __name__ == "__main__":
    main()
