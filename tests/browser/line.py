"""Intercept a page's requests to be slow, fail, or lose the response."""

from collections.abc import Callable
from urllib.parse import parse_qs

from playwright.sync_api import Page, Route

from tests.browser.citizen import messages_shown, wait_for_answer


class Line:
    """The page's connection to the server, whose POST requests are treated as a test asks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sent: list[str] = []
        self.held: list[Route] = []
        self.treat: Callable[[Route], None] = Route.continue_
        page.clock.install()
        page.reload()
        page.route("**/*", self._on)

    def _on(self, route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        self.sent.append(route.request.post_data or "")
        self.treat(route)

    def slow(self) -> None:
        """Hold requests until `release`."""
        self.treat = self.held.append

    def release(self) -> None:
        self.treat = Route.continue_
        for route in self.held:
            route.continue_()

    def fail(self) -> None:
        self.treat = Route.abort

    def lose_responses(self) -> None:
        """Let the server receive requests, and drop the responses."""

        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        self.treat = lose

    def refused(self, status: int, **headers: str) -> None:
        def refuse(route: Route) -> None:
            route.fulfill(status=status, headers=headers)

        self.treat = refuse

    def restore(self) -> None:
        self.treat = Route.continue_

    def answered(self, said: int) -> None:
        """Advance the clock until the message after `said` others is answered."""
        for _ in range(200):
            if messages_shown(self.page) > said:
                break
            self.page.clock.run_for(500)
        wait_for_answer(self.page, said)

    def messages(self) -> list[str]:
        """Return the ids of the messages sent."""
        return [parse_qs(form)["message_id"][0] for form in self.sent]

    def wait(self, tries: int) -> None:
        """Advance the clock until the page has sent so many requests."""
        for _ in range(200):
            if len(self.sent) >= tries:
                return
            self.page.clock.run_for(500)
        raise AssertionError(f"tried {len(self.sent)} times, not {tries}")
