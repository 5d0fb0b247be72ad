"""What operators ask: how well the promise was kept, and whether everything that keeps it is alive.

Questions only; nothing here changes a case. No answer costs more when more is pending: totals are counted once a minute
(figures), everything else looks at what is due, near, failed or open, and at no more than MOST rows of it.
"""
