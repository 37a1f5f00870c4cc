"""Every backend of ours keeps the contract that other people's are held to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sweeper.backend import Backend, BackendRequest
from sweeper.model.resources import Resources
from sweeper.testing import ONE_CPU, BackendContract


def _request(resources: Resources, workers: int) -> BackendRequest:
    return BackendRequest(argument=None, resources=resources, workers=workers)


class TestInline(BackendContract):
    """Attempts on a thread of this process."""

    can_kill = False
    parallel = False

    def open(self, resources: Resources = ONE_CPU, workers: int = 2) -> Backend:
        from sweeper_inline.backend import open_backend

        return open_backend(_request(resources, workers))


class TestSimulated(BackendContract):
    """Attempts held still and woken on one thread of this process.

    What cannot apply: a function that ends its process ends this one, which no simulation
    can outlive, and one that neither reports nor sleeps cannot be killed by its own thread.
    """

    can_kill = False

    def open(self, resources: Resources = ONE_CPU, workers: int = 2) -> Backend:
        from sweeper_simulated.backend import open_backend

        return open_backend(_request(resources, workers))


@pytest.mark.slow
class TestLocal(BackendContract):
    """Attempts in child processes of this machine."""

    def open(self, resources: Resources = ONE_CPU, workers: int = 2) -> Backend:
        from sweeper_local.backend import open_backend

        return open_backend(_request(resources, workers))


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray")
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    yield
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
class TestRay(BackendContract):
    """Attempts as tasks of a small Ray cluster that all tests share."""

    def open(self, resources: Resources = ONE_CPU, workers: int = 2) -> Backend:
        from sweeper_ray.backend import open_backend

        return open_backend(_request(resources, workers))
