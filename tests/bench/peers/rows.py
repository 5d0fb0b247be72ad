"""A peer's row: how long until its cases were visible, or its mails at the server."""

from typing import Any

from tests.bench.figures import percentile

Sample = tuple[float, int]  # seconds since the instant, how many were there by then


def times_of(samples: list[Sample], wanted: int) -> list[float]:
    """For each of the `wanted` cases, how many seconds had passed when it was seen. ValueError if some never were."""
    times: list[float] = []
    for seconds, count in samples:
        times += [seconds] * (min(count, wanted) - len(times))
    if len(times) < wanted:
        raise ValueError(f"Only {len(times)} of {wanted} were seen.")
    return times


def figures_of(samples: list[Sample], wanted: int) -> dict[str, float]:
    """total_s, p50_s and p99_s count from the instant; busy_s from the last moment at which nothing had come."""
    times = times_of(samples, wanted)
    idle = max((seconds for seconds, count in samples if count == 0), default=0.0)
    return {
        "total_s": times[-1],
        "p50_s": percentile(times, 0.5),
        "p99_s": percentile(times, 0.99),
        "busy_s": times[-1] - min(idle, times[0]),
    }


def lines_of(rows: list[dict[str, Any]]) -> str:
    """For the terminal."""
    lines = []
    for row in rows:
        count = row.get("cases") or row["mails"]
        lines.append(
            f"{row['name']} {row['version']}: {count:,} in {row['total_s']:.2f} s (p50 {row['p50_s']:.2f}, "
            f"p99 {row['p99_s']:.2f}), {count / row['busy_s']:,.0f} a second while busy. {row['note']}"
        )
    return "\n".join(lines)
