"""What every verb needs: permissions, locks, history, conditions, and what one person may see of a case."""
