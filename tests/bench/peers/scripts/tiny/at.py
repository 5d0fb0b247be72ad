"""python -m tiny.at INSTANT COMMAND …: a management command at that second of the epoch, not counting its start."""

import sys
import time

import django
from django.core.management import call_command


def main(instant: float, command: str, *arguments: str) -> None:
    """Set up Django, connect to the database, wait, and run the command."""
    django.setup()
    from django.db import connection

    connection.ensure_connection()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(max(0.0, instant - time.time()))
    call_command(command, *arguments)


if __name__ == "__main__":
    main(float(sys.argv[1]), *sys.argv[2:])
