"""The routers of /api/v1."""

from webhooks.api.staff import changing, office, reading

ROUTERS = (reading.router, changing.router, office.router)
