"""The yardstick of the pages: plain generic views on the same models, base template and login."""
