"""A peer's row: seconds until its cases were visible, or until its mails were at the server."""

from typing import Any

from tests.bench.figures import percentile

Sample = tuple[float, int]  # seconds since the instant, and how many had arrived


def times_of(samples: list[Sample], wanted: int) -> list[float]:
    """Return for each of the `wanted` cases when it was seen, in seconds. ValueError if some never were."""
    times: list[float] = []
    for seconds, count in samples:
        times += [seconds] * (min(count, wanted) - len(times))
    if len(times) < wanted:
        raise ValueError(f"Only {len(times)} of {wanted} were seen.")
    return times


def figures_of(samples: list[Sample], wanted: int) -> dict[str, float]:
    """Return total_s, p50_s and p99_s from the instant, and busy_s from the last moment without any arrival."""
    times = times_of(samples, wanted)
    idle = max((seconds for seconds, count in samples if count == 0), default=0.0)
    return {
        "total_s": times[-1],
        "p50_s": percentile(times, 0.5),
        "p99_s": percentile(times, 0.99),
        "busy_s": times[-1] - min(idle, times[0]),
    }


def lines_of(rows: list[dict[str, Any]]) -> str:
    """Return the rows as lines for the terminal."""
    lines = []
    for row in rows:
        count = row.get("cases") or row["mails"]
        lines.append(
            f"{row['name']} {row['version']}: {count:,} in {row['total_s']:.2f} s (p50 {row['p50_s']:.2f}, "
            f"p99 {row['p99_s']:.2f}), {count / row['busy_s']:,.0f} a second while busy. {row['note']}"
        )
    return "\n".join(lines)
