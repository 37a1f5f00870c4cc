"""Handing a sweep to a cluster as a Ray job, which outlives whoever handed it over."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sweeper.errors import BackendUnavailable
from sweeper.model.setup import Setup

_PORT = 8265
_NOT_YET = "No available agent"
_TIMES = 6  # the head itself waits about ten seconds each time
_MAIN = "import sys; from sweeper.cli.main import main; sys.exit(main())"
_HERE = ("127.0.0.1", "localhost", "::1")


def submit(
    argument: str | None, name: str, command: Sequence[str], setup: Setup, store: str
) -> str:
    """Submit a command line of sweeper as a job, and give the job's id.

    Args:
        argument: the backend's own, of which the host counts; without one, $RAY_API_SERVER_ADDRESS
            or this machine.
        name: the sweep's.
        command: what follows "sweeper" on the command line.
        setup: the folder, packages and variables of the job; the current folder by default.
        store: the store's address, which travels as a variable, since it may hold a password.

    Raises:
        BackendUnavailable: no cluster takes jobs there, or it cannot reach the store.
    """
    address = jobs_address(argument)
    here = urlsplit(address).hostname in _HERE
    if store.startswith("sqlite") and not here:
        raise BackendUnavailable(
            f"a job on {address} cannot write to {store}, a file of this machine",
            hint="Use a database that the cluster reaches: --store postgresql://…",
        )
    environment = {
        "working_dir": setup.working_dir or os.getcwd(),
        "env_vars": {**setup.variables(os.environ), "SWEEPER_STORE": store},
    }
    if setup.pip:
        environment["pip"] = list(setup.pip)
    python = sys.executable if here else "python"
    words = [python, "-c", _MAIN, *command]
    return _handed_over(address, shlex.join(words), environment, name)


def _handed_over(address: str, entrypoint: str, environment: Mapping[str, Any], name: str) -> str:
    try:
        from ray.job_submission import JobSubmissionClient

        for module in ("dashboard_sdk", "job.sdk"):
            logging.getLogger(f"ray.dashboard.modules.{module}").setLevel(logging.ERROR)
        client = JobSubmissionClient(address)
        return _taken(client, entrypoint, environment, name)
    except ImportError as error:
        raise BackendUnavailable(
            f"jobs cannot be submitted with Ray as it is installed: {error}",
            hint='Run: pip install "ray[default]"',
        ) from error
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise BackendUnavailable(
            f"no Ray cluster takes jobs at {address}: {str(error)[:300]}",
            hint="Start its head with the dashboard (pip install 'ray[default]'; ray start "
            "--head), or forward the port: kubectl port-forward service/HEAD 8265.",
        ) from error


def _taken(client: Any, entrypoint: str, environment: Mapping[str, Any], name: str) -> str:
    """Submit the job, again and again where the head has only just begun."""
    for left in reversed(range(_TIMES)):
        try:
            job = client.submit_job(
                entrypoint=entrypoint, runtime_env=dict(environment), metadata={"sweep": name}
            )
        except RuntimeError as error:
            if _NOT_YET not in str(error):
                raise
            if not left:
                break
        else:
            return str(job)
    raise BackendUnavailable(
        "the head takes jobs, but none of its nodes has an agent that starts them",
        hint="Where two clusters share a machine the second agent finds its port taken: "
        "ray start --head --dashboard-agent-listen-port=PORT.",
    )


def jobs_address(argument: str | None) -> str:
    """Give where a cluster takes jobs: its dashboard, on the host of its address.

    Example:
        >>> jobs_address("10.0.0.5:6379"), jobs_address("//head:10001")
        ('http://10.0.0.5:8265', 'http://head:8265')
        >>> jobs_address("http://10.0.0.5:9000")
        'http://10.0.0.5:9000'
    """
    if not argument or argument == "auto":
        return os.environ.get("RAY_API_SERVER_ADDRESS") or f"http://127.0.0.1:{_PORT}"
    if argument.startswith(("http://", "https://")):
        return argument
    host = urlsplit(argument if argument.startswith("//") else f"//{argument}").hostname
    return f"http://{f'[{host}]' if ':' in (host or '') else host}:{_PORT}"
