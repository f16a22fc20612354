"""Draws spread over a Dask cluster, for sweeps larger than a machine: an extra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from karwan.appraisal.worth import Floats
from karwan.errors import InvalidInput, MissingExtra

Shared = TypeVar("Shared")
PART = 4
"""Draws of one task: a worker that dies loses no more."""
RETRIES = 5
"""Times a task is tried again after its worker died."""
WAIT_S = 15


def solve_on_cluster(
    shared: Shared, values: Floats, address: str, solve: Callable[[Shared, Floats], Floats]
) -> Floats:
    """What `solve` says of each row of values, in their order, shape (N, G).

    What all draws share is sent to every worker once. Tasks of a worker that dies are solved by the others. Workers need the same version of
    Karwan installed.

    Parameters
    ----------
    shared
        First argument of `solve`; it is pickled.
    values
        One row a draw, shape (N, I).
    address
        Of the scheduler, such as tcp://10.0.0.5:8786.

    Raises
    ------
    MissingExtra
        The package distributed is not installed.
    InvalidInput
        No scheduler answers, or it has no worker.
    """
    try:
        from distributed import Client  # an extra: only sweeps over a cluster need it
    except ImportError as error:
        raise MissingExtra(
            "A sweep over a Dask cluster needs the package distributed.",
            str(error),
            "pip install 'karwan[dask]', or use --workers.",
        ) from error
    connect: Any = Client  # it carries no types
    try:
        client = connect(address, timeout=WAIT_S)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            "No Dask scheduler answers.", f"{address}: {error}", "check the address, or use --workers."
        ) from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise InvalidInput("The Dask cluster has no worker.", address, f"dask worker {address}")
        held = client.scatter(shared, broadcast=True)
        parts = [values[at : at + PART] for at in range(0, len(values), PART)]
        tasks = client.map(
            _solve_part, parts, shared=held, solve=solve, retries=RETRIES, pure=False, key="draws"
        )
        found: list[Floats] = client.gather(tasks)
    return np.concatenate(found)


def _solve_part(values: Floats, shared: Shared, solve: Callable[[Shared, Floats], Floats]) -> Floats:
    """Some draws, on a worker."""
    return np.stack([solve(shared, row) for row in values])
