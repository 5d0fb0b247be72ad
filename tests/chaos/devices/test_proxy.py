"""The proxy in front of a real Redis forwards, goes silent, and comes back."""

from collections.abc import Iterator

import pytest
import redis as redis_client

from tests.chaos.devices.proxy import Proxy
from tests.services import RedisServer

pytestmark = pytest.mark.integration


@pytest.fixture
def proxy(redis: RedisServer) -> Iterator[Proxy]:
    with Proxy(redis.port) as proxy:
        yield proxy


def connect(proxy: Proxy) -> "redis_client.Redis":
    """Return a client with one connection. It gives up after half a second and does not reconnect."""
    pool = redis_client.ConnectionPool(
        port=proxy.port, socket_timeout=0.5, max_connections=1, retry=None, retry_on_timeout=False
    )
    return redis_client.Redis(connection_pool=pool, single_connection_client=True)


def test_it_forwards(proxy: Proxy) -> None:
    client = connect(proxy)
    client.set("key", b"x" * 1_000_000)
    assert client.get("key") == b"x" * 1_000_000
    assert (proxy.forwarding, proxy.silenced) == (1, 0)


def test_old_connections_go_dead_and_are_not_reset_while_new_ones_work(proxy: Proxy) -> None:
    old = connect(proxy)
    old.ping()
    proxy.go_silent()

    with pytest.raises(redis_client.TimeoutError):
        old.ping()
    assert connect(proxy).ping()
    assert proxy.silenced == 1


def test_new_connections_too_until_it_comes_back(proxy: Proxy) -> None:
    old = connect(proxy)
    old.ping()
    proxy.go_silent(new_too=True)
    with pytest.raises(redis_client.TimeoutError):
        connect(proxy).ping()

    proxy.come_back()
    assert connect(proxy).ping()
    old.connection.send_command("PING")
    with pytest.raises(redis_client.TimeoutError):
        old.connection.read_response()


def test_the_far_end_hears_nothing_either(proxy: Proxy, redis: RedisServer) -> None:
    client = connect(proxy)
    client.ping()
    before = len(redis._client().client_list())
    proxy.go_silent()
    client.close()
    assert len(redis._client().client_list()) == before


def test_a_target_that_is_down_is_a_closed_connection(proxy: Proxy, redis: RedisServer) -> None:
    redis.stop()
    with pytest.raises(redis_client.ConnectionError):
        connect(proxy).ping()
