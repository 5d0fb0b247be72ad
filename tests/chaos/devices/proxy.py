"""Connections that go dead silently, as behind a firewall that has lost its table."""

from tests.chaos.devices.steered import SteeredProcess
from tests.services import free_port


class Proxy(SteeredProcess):
    """A TCP proxy on loopback in front of `target_port`, in its own process. Clients use `port`."""

    module = "tests.chaos.devices.proxy_process"

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        super().__init__(self.port, target_port)

    def go_silent(self, *, new_too: bool = False) -> None:
        """Keep existing connections open but pass nothing from now on. With `new_too`, new ones as well."""
        self.ask(silence=1, new=new_too)

    def come_back(self) -> None:
        """Let new connections work again. Silenced ones stay dead."""
        self.ask(forward=1)

    @property
    def forwarding(self) -> int:
        """Return how many connections pass data."""
        return int(self.ask()["forwarding"])

    @property
    def silenced(self) -> int:
        """Return how many connections are open and dead."""
        return int(self.ask()["silenced"])
