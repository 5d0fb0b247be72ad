"""What operators want to know: how well the promise was kept, and whether everything that keeps it is running.

Nothing here changes a case. No answer costs more when more is pending: a task counts totals once a minute
(daily_statistics), and everything else reads at most MAX_COUNTED rows that are due, upcoming, failed or open.
"""
