"""A believable portal: 300 cases in every state, dates spread around today, a wave of 50 tomorrow."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.demo.story import Story
from cases.lifecycle import stored_clock
from cases.models import User


class Command(BaseCommand):
    help = "Loads the demo data, once. The password of every demo login comes from DEMO_PASSWORD."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.filter(username="member").exists():
            self.stdout.write("The demo data is there already.")
            return
        if User.objects.exists():
            raise CommandError("This portal has people in it. The demo data is for an empty one.")
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("Set DEMO_PASSWORD: the password of the demo logins.")
        if sentence := stored_clock.mismatch():
            raise CommandError(sentence)
        cases = Story(password=password).tell()
        self.stdout.write(f"Made {User.objects.count()} people and {cases} cases.")
