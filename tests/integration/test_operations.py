"""What real workers and a real Redis report about themselves, and what is shown when they are silent."""

import time

import pytest

from cases.delivery import celery_publisher
from cases.monitoring.broker_status import broker_status

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

# Two timeouts of a second, and some time for a busy machine.
PATIENCE = 6


def test_workers_are_named_beside_the_queues_they_take_from(celery_setup):
    answers = broker_status()

    assert answers.is_up
    assert {queue.name: len(queue.workers) for queue in answers.queues} == {"mail": 1, "releases": 1, "sweep": 1}
    assert len(answers.workers) == 2
    assert all(queue.workers for queue in answers.queues)


def test_queues_without_workers_show_what_waits_in_them(celery_broker_cluster):
    for _ in range(3):
        assert celery_publisher.publish_mail_waiting()

    answers = broker_status()

    assert {queue.name: queue.waiting for queue in answers.queues} == {"mail": 3, "releases": 0, "sweep": 0}
    assert not any(queue.workers for queue in answers.queues)
    assert answers.held == 0


@pytest.mark.parametrize("fault", ["stop", "freeze"])
def test_a_broker_that_does_not_answer_is_an_answer_soon(redis, fault, request):
    getattr(redis, fault)()
    if fault == "freeze":
        request.addfinalizer(redis.thaw)

    started = time.monotonic()
    answers = broker_status()

    assert not answers.is_up
    assert time.monotonic() - started < PATIENCE


def test_after_an_outage_it_answers_again(redis):
    redis.stop()
    assert not broker_status().is_up
    redis.start()
    assert broker_status().is_up
