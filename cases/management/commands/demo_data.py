"""A realistic portal: 300 cases in every state, dates spread around today, and a wave of 50 tomorrow."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.core.clock import portal_now
from cases.demo.story import Story
from cases.lifecycle import stored_clock
from cases.models import User
from cases.monitoring import daily_statistics, sampled_totals


class Command(BaseCommand):
    help = "Load the demo data once. All demo accounts use the password in DEMO_PASSWORD."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.filter(username="member").exists():
            self.stdout.write("The demo data is already loaded.")
            return
        if User.objects.exists():
            raise CommandError("This portal already has accounts. Load the demo data into an empty database.")
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("Set DEMO_PASSWORD to the password for the demo accounts.")
        if sentence := stored_clock.mismatch():
            raise CommandError(sentence)
        cases = Story(password=password).tell()
        # The first visitor of the operations page need not wait a minute for the tasks that count.
        daily_statistics.update(portal_now(), seconds=10)
        sampled_totals.refresh()
        self.stdout.write(f"Created {User.objects.count()} people and {cases} cases.")
