"""TRUNCATE of tables and of all rows that refer to them."""

# PostgreSQL's CASCADE follows foreign keys. The keys of these are checked by triggers (migration 0005).
CHECKED_BY_STATEMENT = "cases_caseevent, cases_outgoingemail, cases_notification"


def truncate(*tables: str) -> str:
    """Return the statement that empties `tables`, and everything that refers to them."""
    return f"TRUNCATE {', '.join(tables)}, {CHECKED_BY_STATEMENT} CASCADE"
