"""Resource usage from the kernel and from Redis: processor time of process trees, and bytes to and from the broker."""

import os
from pathlib import Path

import psycopg
import redis

TICK = 1 / os.sysconf("SC_CLK_TCK")


def processor_seconds(root: int, *, without: frozenset[int] = frozenset()) -> float:
    """Return the processor time of `root`, its living descendants except `without`, and its ended children."""
    if root in without:
        return 0.0
    # The program's name, in parentheses, may contain anything. The numbers come after it.
    numbers = Path(f"/proc/{root}/stat").read_text().rpartition(")")[2].split()
    own_and_ended = sum(map(int, numbers[11:15])) * TICK
    children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    return own_and_ended + sum(processor_seconds(int(child), without=without) for child in children)


def postmaster(connection: psycopg.Connection) -> int:
    """Return the process id of the server of `connection`, on this machine."""
    backend = connection.info.backend_pid
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def broker_bytes(client: redis.Redis) -> int:
    """Return the bytes the server has received and sent since its start."""
    stats = client.info("stats")
    return int(stats["total_net_input_bytes"]) + int(stats["total_net_output_bytes"])
