"""The domain of the portal, cases and their release, and its faces: pages, API, admin, commands."""
