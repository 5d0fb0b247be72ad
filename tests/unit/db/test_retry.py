"""Recording something after the fact is retried: for how long, and when not."""

import datetime as dt

import pytest
from django.db import InterfaceError, OperationalError, transaction

from cases.db.retry import retry_until_stored


class Store:
    """Fails that many times, with that error, before it stores."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures, self.error, self.calls = failures, error, 0

    def __call__(self, what: str) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return what

    def with_patience(self, seconds: float):
        def store(what):
            return self(what)

        return retry_until_stored(lambda: dt.timedelta(seconds=seconds))(store)


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.django_db(transaction=True)
def test_tried_again_until_it_is_stored(error):
    store = Store(2, error)
    assert store.with_patience(10)("this") == "this"
    assert store.calls == 3


@pytest.mark.django_db(transaction=True)
def test_given_up_when_patience_ends():
    store = Store(1000, OperationalError("gone"))
    with pytest.raises(OperationalError):
        store.with_patience(0.25)("this")
    assert store.calls == 2


@pytest.mark.django_db(transaction=True)
def test_not_tried_again_within_a_transaction():
    store = Store(1, OperationalError("gone"))
    with pytest.raises(OperationalError), transaction.atomic():
        store.with_patience(10)("this")
    assert store.calls == 1


def test_other_errors_are_raised_at_once():
    store = Store(1, ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        store.with_patience(10)("this")
    assert store.calls == 1
