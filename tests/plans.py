"""What PostgreSQL does for the statements of the program, which runs unchanged."""

import json

from django.db import connection
from django.test.utils import CaptureQueriesContext


class Plans:
    """Return what PostgreSQL does for the SELECTs on cases, or on another table, that `work` sends."""

    def __init__(self, work, table="cases_case"):
        self.table = table
        with CaptureQueriesContext(connection) as captured:
            work()
        self.statements = [
            query["sql"]
            for query in captured.captured_queries
            if query["sql"].lstrip().startswith(("SELECT", "WITH")) and f'"{table}"' in query["sql"]
        ]
        self.scans = [scan for statement in self.statements for scan in _scans(_explained(statement))]

    @property
    def indexes(self) -> set[str]:
        return {scan["Index Name"] for scan in self.scans if "Index Name" in scan}

    @property
    def whole_table(self) -> list[str]:
        """Return the scans of the whole table, by kind."""
        return [
            scan["Node Type"]
            for scan in self.scans
            if scan.get("Relation Name") == self.table and "Seq Scan" in scan["Node Type"]
        ]

    @property
    def rows_touched(self) -> int:
        return sum(
            int(scan["Actual Loops"] * (scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)))
            for scan in self.scans
        )


def _explained(statement: str) -> dict:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        (plans,) = cursor.fetchone()
    return (json.loads(plans) if isinstance(plans, str) else plans)[0]["Plan"]


def _scans(node: dict) -> list[dict]:
    below = [scan for child in node.get("Plans", []) for scan in _scans(child)]
    # The single row of the clock, which every release reads, is not a cost that can grow.
    is_of_cases = node["Node Type"].endswith("Scan") and node.get("Relation Name") != "cases_portalclock"
    return [node, *below] if is_of_cases else below
