"""python -m celery_mail.begin INSTANT: lets the worker, which is up and waits, take from the queue at that second."""

import sys
import time

from celery_mail.app import app


def main(instant: float) -> None:
    """Waits and tells it."""
    with app.connection_for_write() as connection:
        connection.ensure_connection()
        sys.stdout.write("connected and ready\n")
        sys.stdout.flush()
        time.sleep(max(0.0, instant - time.time()))
        app.control.add_consumer("mails", connection=connection)


if __name__ == "__main__":
    main(float(sys.argv[1]))
