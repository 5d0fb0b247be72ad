"""python -m celery_mail.begin INSTANT: lets the waiting worker start consuming the queue at that second."""

import sys
import time

from celery_mail.app import app


def main(instant: float) -> None:
    """Wait, and then tell the worker."""
    with app.connection_for_write() as connection:
        connection.ensure_connection()
        sys.stdout.write("connected and ready\n")
        sys.stdout.flush()
        time.sleep(max(0.0, instant - time.time()))
        app.control.add_consumer("mails", connection=connection)


if __name__ == "__main__":
    main(float(sys.argv[1]))
