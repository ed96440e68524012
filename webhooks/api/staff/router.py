"""The routers of /api/v1."""

from webhooks.api.staff import changing, closures, editing, endpoints, marks, office, reading

ROUTERS = tuple(
    each.router for each in (reading, changing, editing, marks, closures, office, endpoints)
)
