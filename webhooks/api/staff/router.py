"""The routers of /api/v1."""

from webhooks.api.staff import reading

ROUTERS = (reading.router,)
