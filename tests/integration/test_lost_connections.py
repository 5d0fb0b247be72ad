"""The database hangs up anywhere within a request: the response is the page, or says to try again."""

import datetime as dt
import functools
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from cases.models import Case, User
from tests.factories import CaseFactory
from tests.pages import signed_in

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

HangUp = Callable[[], None]


@contextmanager
def hanging_up_before(statement: int, hang_up: HangUp) -> Any:
    """Hang up before that statement of the block, counted from 1. Yield the list of the statements that were
    reached."""
    reached: list[str] = []

    def wrapper(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        reached.append(sql)
        if len(reached) == statement:
            hang_up()
        return execute(sql, *arguments)

    with connection.execute_wrapper(wrapper):
        yield reached
    connection.close()


def answers(ask: Callable[[int], HttpResponse], cases: Iterator[int], hang_up: HangUp) -> list[int]:
    """Ask about one case after the other. Return the statuses of the answers.

    The connection is lost before the first statement for the first case, before the second for the second, …
    """
    statuses: list[int] = []
    reached = [""]
    while len(reached) >= len(statuses):
        pk = next(cases)
        with hanging_up_before(len(statuses) + 1, hang_up) as reached:
            statuses.append(ask(pk).status_code)
    return statuses


def client_of(user: User) -> Client:
    """Return a client of `user` that gets the response to an error, instead of the error itself."""
    client = signed_in(user)
    client.raise_request_exception = False
    return client


@pytest.fixture
def due_cases(member: User, technician: User) -> Iterator[int]:
    """Keys of cases of Mia that have been due since yesterday: a new one each time."""
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    new = functools.partial(CaseFactory, held=True, member=member, assigned_to=technician)
    return (new(scheduled_release_date=yesterday).pk for _ in itertools.count())


@pytest.mark.parametrize("address", ["/", "/cases/", "/cases/{}/"])
def test_a_member_for_whom_a_case_is_released(
    address: str, due_cases: Iterator[int], member: User, hang_up: HangUp
) -> None:
    """A case whose release failed stays unknown to its member until their next visit, which releases it."""
    client = client_of(member)
    statuses = answers(lambda pk: client.get(address.format(pk)), due_cases, hang_up)
    assert set(statuses) - ({404} if "{}" in address else set()) == {200, 503}, statuses
    assert statuses[-1] == 200


@pytest.mark.parametrize("address", ["/cases/", "/cases/{}/"])
def test_a_technician_who_reads(address: str, due_cases: Iterator[int], technician: User, hang_up: HangUp) -> None:
    client = client_of(technician)
    statuses = answers(lambda pk: client.get(address.format(pk)), due_cases, hang_up)
    assert set(statuses) == {200, 503}, statuses


def test_a_technician_who_completes(member: User, technician: User, hang_up: HangUp) -> None:
    """A person who is told that it is done finds it done completely. A person who is told to try again may find it
    done, or not begun."""
    client = client_of(technician)
    cases = (CaseFactory(member=member, assigned_to=technician).pk for _ in itertools.count())
    statuses = answers(lambda pk: client.post(f"/cases/{pk}/complete/", {"release_option": "now"}), cases, hang_up)
    assert set(statuses) == {302, 503}, statuses
    for case, status in zip(Case.objects.order_by("pk"), statuses, strict=True):
        done = case.is_released
        assert done or status == 503
        assert case.status == ("completed" if done else "accepted")
        assert case.events.filter(kind="released").count() == case.emails.count() == done
