"""Nothing else runs while a request is being answered."""

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.test import Client

from tests.requests_in_flight import RequestsInFlight

# The database also listens to the signals of a request.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database("asks it nothing")]


@pytest.fixture
def requests() -> RequestsInFlight:
    found = RequestsInFlight()
    found.watch()
    return found


def test_one_that_is_not_answered_is_waited_for(requests):
    request_started.send(sender=WSGIHandler, environ={})
    with pytest.raises(TimeoutError, match="1 requests"):
        requests.wait_for_none(seconds=0)
    request_finished.send(sender=WSGIHandler)


def test_one_that_is_answered_is_not(requests):
    request_started.send(sender=WSGIHandler, environ={})
    request_finished.send(sender=WSGIHandler)
    requests.wait_for_none(seconds=0)


def test_one_that_is_never_answered_fails_one_test_and_not_all_that_follow(requests):
    request_started.send(sender=WSGIHandler, environ={})
    with pytest.raises(TimeoutError):
        requests.wait_for_none(seconds=0)
    requests.wait_for_none(seconds=0)
    request_finished.send(sender=WSGIHandler)
    requests.wait_for_none(seconds=0)


def test_the_client_of_a_test_is_not(requests):
    Client().get("/health/live/")
    requests.wait_for_none(seconds=0)
