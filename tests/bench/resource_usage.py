"""What the kernel and Redis counted: processor time of processes and their children, bytes over the broker's wire."""

import os
from pathlib import Path

import psycopg
import redis

TICK = 1 / os.sysconf("SC_CLK_TCK")


def processor_seconds(root: int, *, without: frozenset[int] = frozenset()) -> float:
    """Processor time (user and system) of `root`, its living descendants but `without`, and the ended ones that were
    waited for."""
    if root in without:
        return 0.0
    # The name of the program, in brackets, may contain anything; the numbers come after it.
    numbers = Path(f"/proc/{root}/stat").read_text().rpartition(")")[2].split()
    own_and_ended = sum(map(int, numbers[11:15])) * TICK
    children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    return own_and_ended + sum(processor_seconds(int(child), without=without) for child in children)


def postmaster(connection: psycopg.Connection) -> int:
    """The process id of the server that `connection` speaks to; it must run on this machine."""
    backend = connection.info.backend_pid
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def broker_bytes(client: redis.Redis) -> int:
    """What the server has received and sent since its start."""
    stats = client.info("stats")
    return int(stats["total_net_input_bytes"]) + int(stats["total_net_output_bytes"])
