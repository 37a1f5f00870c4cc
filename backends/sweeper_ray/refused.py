"""Why a cluster cannot be joined or does not serve, said plainly."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import NamedTuple

import ray
from ray import exceptions

from sweeper.errors import BackendUnavailable

WITHOUT_SERVER = "Starting Ray client server failed"
"""What Ray says where the process that was to serve a client has died before it could."""

_MISMATCH = re.compile(
    r"cluster was started with: Ray: (\S+) Python: (\S+) "
    r"This process on .*? was started with: Ray: (\S+) Python: (\S+)"
)
_LONGEST = 500
_DISTRIBUTION = "sweepable"
_MISSING = "missing"
_ANSWER_SECONDS = 60.0


def why_not_joined(address: str, error: BaseException) -> BackendUnavailable:
    """Say plainly what keeps this process from joining a cluster."""
    said = " ".join(f"{error} {error.__cause__ or ''}".split())
    differing = _MISMATCH.search(said)
    if differing is not None:
        theirs, ours = _Versions(*differing.group(1, 2)), _Versions(*differing.group(3, 4))
        return _of_another_version(address, theirs, ours)
    lowered = said.lower()
    if "version mismatch" in lowered:
        return BackendUnavailable(
            f"the Ray cluster at {address!r} runs another version: {said[:_LONGEST]}",
            hint="Use the cluster's Python (major and minor) and its Ray here.",
        )
    if "auth" in lowered and "token" in lowered:
        return BackendUnavailable(
            f"the Ray cluster at {address!r} lets in only whoever has its token",
            hint="Copy ~/.ray/auth_token from its head, or set RAY_AUTH_TOKEN, and "
            "RAY_AUTH_MODE=token.",
        )
    if WITHOUT_SERVER in said:
        return BackendUnavailable(
            f"the Ray cluster at {address!r} answers, but it starts no process for this client",
            hint="Try again; else see ray_client_server*.err in its head's folder of logs, "
            "/tmp/ray/session_latest/logs.",
        )
    return BackendUnavailable(
        f"no Ray cluster could be joined at {address!r}: {said[:_LONGEST]}",
        hint="Start one with: ray start --head; or leave the address out "
        "(backend='ray') to have one started on this machine.",
    )


class _Versions(NamedTuple):
    """Which Ray on which Python."""

    ray: str
    python: str

    @property
    def minor(self) -> str:
        """Python's major and minor, which must be the same everywhere."""
        return ".".join(self.python.split(".")[:2])

    def __str__(self) -> str:
        return f"Ray {self.ray} on Python {self.python}"


def _of_another_version(address: str, theirs: _Versions, ours: _Versions) -> BackendUnavailable:
    steps = []
    if theirs.minor != ours.minor:
        steps.append(f"launch the sweep with Python {theirs.minor}")
    if theirs.ray != ours.ray:
        steps.append(f'run: pip install "ray[default]=={theirs.ray}"')
    here = " and ".join(steps) or f"launch the sweep with Python {theirs.python}"
    return BackendUnavailable(
        f"the Ray cluster at {address!r} runs {theirs}, and this process {ours}",
        hint=f"Either {here}; or start the cluster with {ours}.",
    )


def why_not_opened(error: BaseException) -> BackendUnavailable:
    """Say plainly why a cluster that was joined cannot run trials."""
    for found in (error, error.__cause__):
        if not isinstance(found, exceptions.RuntimeEnvSetupError):
            continue
        return BackendUnavailable(
            f"the workers' environment cannot be set up: {found}",
            hint="Mend pip=, working_dir= or env_vars=.",
        )
    return BackendUnavailable(
        f"the Ray cluster was joined and then lost: {error}",
        hint="See `ray status` there, and launch again.",
    )


def why_not_served() -> BackendUnavailable:
    """Say plainly why what is ours does not run on the nodes of the joined cluster."""
    there, here = _sweepable_there(), version(_DISTRIBUTION)
    if there == _MISSING:
        return BackendUnavailable(
            "the nodes of the Ray cluster cannot import sweeper",
            hint=f'Install it on each of them: pip install "sweepable[ray]=={here}".',
        )
    if there and there != here:
        return BackendUnavailable(
            f"the nodes of the Ray cluster have sweepable {there}, and this process {here}",
            hint=f'Run on each of them: pip install "sweepable[ray]=={here}".',
        )
    return BackendUnavailable(
        "the sweep's hub died on its Ray cluster before it was ready",
        hint="See `ray status`; when the cluster is sound again, go on with: sweeper resume NAME.",
    )


def _sweepable_there() -> str:
    """Ask the cluster for its version of sweepable; give "" where it does not say."""

    # A function within a function travels by value: there, nothing of ours may be importable.
    def look(package: str, distribution: str, missing: str) -> str:
        from importlib import metadata, util

        if util.find_spec(package) is None:
            return missing
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            return ""

    asked = ray.remote(num_cpus=0, max_retries=1)(look)
    try:
        answer = ray.get(
            asked.remote("sweeper_ray", _DISTRIBUTION, _MISSING), timeout=_ANSWER_SECONDS
        )
    except (exceptions.RayError, TimeoutError):
        return ""
    return str(answer)
