"""Redis away, empty, frozen, half gone, or full. The portal's Redis keeps what it holds, as in production."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.chaos.devices.proxy import Proxy
from tests.chaos.registry import RECONNECT, Extra, fault
from tests.chaos.run import Run


@fault("redis", lead=0, window=15, allowance=RECONNECT)
def redis_stopped_before_scheduling(run: Run) -> None:
    """Redis is down while the technicians schedule, and comes back before the last waves."""
    _stop_for(run, 15)


@fault("redis", window=8, allowance=RECONNECT)
def redis_stopped_during_scheduling(run: Run) -> None:
    """Redis goes away and comes back in the middle of the technicians' work."""
    _stop_for(run, 8)


@fault("redis", lead=10, window=8, scheduled_before=True, allowance=RECONNECT)
def redis_stopped_after_scheduling(run: Run) -> None:
    """Redis is down at the instants of cases that were scheduled and armed while it was up."""
    _stop_for(run, 8)


@fault("redis", small=True, allowance=RECONNECT)
def redis_restarted_empty(run: Run) -> None:
    """Redis is restarted without its data: every ETA task is gone."""
    redis = run.stack.redis
    run.next_wave()
    with run.on():
        redis.stop()
        redis.forget()
        redis.start()


@fault("redis")
def redis_flushed(run: Run) -> None:
    """Redis gets FLUSHALL shortly before a wave. Every connection stays open."""
    run.next_wave()
    with run.on():
        run.stack.redis.flush()


@fault("redis", window=30, allowance=RECONNECT)
def redis_frozen(run: Run) -> None:
    """Redis is frozen for 30 seconds: it accepts connections and commands, but doesn't respond."""
    with run.on(), run.stack.redis.frozen():
        run.wait(30)


@fault("redis", window=8, allowance=RECONNECT)
def redis_out_of_memory(run: Run) -> None:
    """Redis is out of memory for a while and, with noeviction, rejects anything that needs more."""
    with run.on(), run.stack.redis.full():
        run.wait(8)


@contextmanager
def behind_a_proxy(environment: dict[str, str]) -> Iterator[Extra]:
    """The portal reaches its Redis through a proxy."""
    redis = urlsplit(environment["REDIS_URL"])
    with Proxy(redis.port or 6379) as proxy:
        url = redis._replace(netloc=f"127.0.0.1:{proxy.port}").geturl()
        yield Extra(environment={"REDIS_URL": url}, devices={"proxy": proxy})


@fault("redis", window=10, allowance=RECONNECT, surroundings=behind_a_proxy)
def redis_connections_half_open(run: Run) -> None:
    """Every connection to Redis silently goes dead. New ones work."""
    with run.on():
        run.stack.devices["proxy"].go_silent()
        run.wait(10)
        run.stack.devices["proxy"].come_back()


@fault("redis", window=10, allowance=RECONNECT, surroundings=behind_a_proxy)
def redis_path_half_open(run: Run) -> None:
    """For ten seconds, every connection to Redis silently goes dead, and so do new ones."""
    with run.on():
        run.stack.devices["proxy"].go_silent(new_too=True)
        run.wait(10)
        run.stack.devices["proxy"].come_back()


def _stop_for(run: Run, seconds: float) -> None:
    with run.on(), run.stack.redis.away():
        run.wait(seconds)
