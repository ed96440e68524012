"""A line between a page and its server that can be slow, broken, deaf or busy."""

from collections.abc import Callable
from urllib.parse import parse_qs

from playwright.sync_api import Page, Route

from tests.browser.citizen import heard, told


class Line:
    """The line to the server: what a citizen says is held, lost, or lost on the way back."""

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
        """Hold what is sent until it is let go."""
        self.treat = self.held.append

    def let_go(self) -> None:
        self.treat = Route.continue_
        for route in self.held:
            route.continue_()

    def broken(self) -> None:
        self.treat = Route.abort

    def deaf(self) -> None:
        """The server takes the message, and its answer is lost."""

        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        self.treat = lose

    def refused(self, status: int, **headers: str) -> None:
        def refuse(route: Route) -> None:
            route.fulfill(status=status, headers=headers)

        self.treat = refuse

    def mended(self) -> None:
        self.treat = Route.continue_

    def answered(self, said: int) -> None:
        """Let time pass until the answer is shown to what was said after so many messages."""
        for _ in range(200):
            if told(self.page) > said:
                break
            self.page.clock.run_for(500)
        heard(self.page, said)

    def messages(self) -> list[str]:
        """The ids of the messages sent."""
        return [parse_qs(form)["message_id"][0] for form in self.sent]

    def wait(self, tries: int) -> None:
        """Let time pass until the page has tried so many times."""
        for _ in range(200):
            if len(self.sent) >= tries:
                return
            self.page.clock.run_for(500)
        raise AssertionError(f"tried {len(self.sent)} times, not {tries}")
