"""What operators ask: how well the promise was kept, and whether everything that keeps it is running.

Nothing here changes a case. No answer costs more when more is pending: a task counts totals once a minute
(daily_statistics), everything else reads at most MAX_COUNTED rows of what is due, near, failed or open.
"""
