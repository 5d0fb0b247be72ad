"""The portal's domain (cases and their release) and its faces: pages, API, admin, commands."""
