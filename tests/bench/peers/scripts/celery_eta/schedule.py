"""python -m celery_eta.schedule INSTANT: an ETA task for each case."""

import sys
from datetime import UTC, datetime

import django

from celery_eta.app import app, release_case


def main(instant: float) -> None:
    """Publish over one connection."""
    from tiny.models import Case

    eta = datetime.fromtimestamp(instant, UTC)
    with app.producer_pool.acquire(block=True) as producer:
        for pk in Case.objects.values_list("pk", flat=True):
            release_case.apply_async((pk,), eta=eta, producer=producer)


if __name__ == "__main__":
    django.setup()
    main(float(sys.argv[1]))
