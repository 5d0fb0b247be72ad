"""The named cast: Mia's cases are worked on by Tom; Olga and Otto are the outsiders, Ada administers."""

import pytest
from django.db import connection

from cases.models import User
from tests.factories import UserFactory


@pytest.fixture
def mia(db: None) -> User:
    """A member."""
    return UserFactory(username="mia", email="mia@example.com", role=User.Role.MEMBER)


@pytest.fixture
def olga(db: None) -> User:
    """Another member: the outsider."""
    return UserFactory(username="olga", email="olga@example.com", role=User.Role.MEMBER)


@pytest.fixture
def tom(db: None) -> User:
    """The technician of Mia's cases."""
    return UserFactory(username="tom", email="tom@example.com", role=User.Role.TECHNICIAN)


@pytest.fixture
def otto(db: None) -> User:
    """A technician who has nothing to do with Mia's cases."""
    return UserFactory(username="otto", email="otto@example.com", role=User.Role.TECHNICIAN)


@pytest.fixture
def ada(db: None) -> User:
    """An administrator."""
    return UserFactory(username="ada", email="ada@example.com", role=User.Role.ADMINISTRATOR, is_staff=True)


@pytest.fixture(autouse=True)
def _only_on_its_database(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("postgresql") and connection.vendor != "postgresql":
        pytest.skip("speaks of PostgreSQL alone; this run is on SQLite")
