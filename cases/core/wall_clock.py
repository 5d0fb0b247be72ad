"""Wall clock time in a zone, and daylight saving time.

Due compares wall clock with wall clock (docs/adr/0003-wall-clock-schedules.md). A time that occurs twice is due at its
first occurrence. A time that the clock skips is due when it has skipped it.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

SECOND = dt.timedelta(seconds=1)
MICROSECOND = dt.timedelta(microseconds=1)
# A zone that moves across the date line skips a day, and with it a time of day.
DAYS_AHEAD = 3


@dataclass(frozen=True, slots=True)
class WallClock:
    """A wall clock in `zone`. A schedule without a time means `time_of_day`."""

    zone: dt.tzinfo
    time_of_day: dt.time

    def reached(self, now: dt.datetime) -> dt.datetime:
        """Return the latest (naive) time that the clock has shown up to the aware datetime `now`.

        That is the time it shows, except while it repeats an hour: it has shown all of that hour before.
        """
        local = self._local(now)
        if not local.fold:
            return local.replace(tzinfo=None)
        first_pass = local.replace(fold=0).utcoffset() or dt.timedelta()
        second_pass = local.utcoffset() or dt.timedelta()
        moment = now.astimezone(dt.UTC)
        set_back = _first(
            moment - (first_pass - second_pass), moment, lambda at: self._local(at).utcoffset() == second_pass
        )
        return (set_back + first_pass).replace(tzinfo=None) - MICROSECOND

    def instant(self, date: dt.date, time: dt.time | None) -> dt.datetime:
        """Return the aware datetime (UTC) at which the clock reaches that schedule. The inverse of `reached`.

        OverflowError for the last day of the calendar (9999-12-31) west of Greenwich.
        """
        wanted = dt.datetime.combine(date, time or self.time_of_day)
        by_earlier_offset = wanted.replace(tzinfo=self.zone, fold=0).astimezone(dt.UTC)
        if self._local(by_earlier_offset).replace(tzinfo=None) == wanted:
            return by_earlier_offset
        by_later_offset = wanted.replace(tzinfo=self.zone, fold=1).astimezone(dt.UTC)
        return _first(by_later_offset, by_earlier_offset, lambda at: self._local(at).replace(tzinfo=None) >= wanted)

    def date_at(self, now: dt.datetime) -> dt.date:
        """Return the date that the clock shows at the aware datetime `now`."""
        return self._local(now).date()

    def next_time(self, now: dt.datetime) -> dt.datetime:
        """Return when the clock shows `time_of_day` next, after `now`."""
        today = self.date_at(now)
        instants = (self.instant(today + dt.timedelta(days=ahead), None) for ahead in range(DAYS_AHEAD))
        return next(instant for instant in instants if instant > now)

    def showing(self, instant: dt.datetime) -> dt.datetime:
        """Return the (naive) time to schedule for the aware datetime `instant`: what the clock shows then.

        In an hour that the clock repeats, that time would be reached an hour early. There it is the end of the hour.
        """
        local = self._local(instant)
        return self.reached(instant) + MICROSECOND if local.fold else local.replace(tzinfo=None)

    def _local(self, moment: dt.datetime) -> dt.datetime:
        return moment.astimezone(self.zone)


def _first(low: dt.datetime, high: dt.datetime, holds: Callable[[dt.datetime], bool]) -> dt.datetime:
    """Return the first whole second in (`low`, `high`] at which `holds` is true. It stays true from then on.

    Clocks change at whole seconds.
    """
    low = low.replace(microsecond=0)
    seconds = int((high - low) / SECOND)
    below, above = 0, seconds
    while above - below > 1:
        middle = (below + above) // 2
        if holds(low + middle * SECOND):
            above = middle
        else:
            below = middle
    return low + above * SECOND


def time_text(time: dt.time) -> str:
    """Return HH:MM, with seconds and microseconds only where there are any."""
    return time.isoformat("auto" if time.second or time.microsecond else "minutes")
