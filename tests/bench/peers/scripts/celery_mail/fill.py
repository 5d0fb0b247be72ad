"""python -m celery_mail.fill COUNT: puts that many tasks in the queue."""

import sys

from celery_mail.app import app, send_mail


def main(count: int) -> None:
    """Publish over one connection."""
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(count):
            send_mail.apply_async((number,), producer=producer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
