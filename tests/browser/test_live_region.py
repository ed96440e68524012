"""A screen reader announces each message once, and in one place."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.citizen import answer, step, tap, write
from tests.browser.conftest import Visit

WATCH = """() => {
  const log = document.getElementById('log');
  window.heard = {log, added: [], gone: [], changed: []};
  new MutationObserver(records => {
    for (const record of records) {
      if (record.type === 'characterData') window.heard.changed.push(record.target.data);
      const at = record.target === log ? 'added' : 'changed';
      for (const node of record.addedNodes)
        if (node.textContent.trim()) window.heard[at].push(node.textContent.trim());
      for (const node of record.removedNodes)
        if (node.textContent.trim()) window.heard.gone.push(node.textContent.trim());
    }
  }).observe(log, {childList: true, characterData: true, subtree: true});
}"""

HEARD = """() => {
  const {log, ...heard} = window.heard;
  const others = '[aria-live], [role=status], [role=alert], [role=log], [role=timer], output';
  return {
    ...heard,
    there: log === document.getElementById('log') && log.getAttribute('aria-live') === 'polite',
    shown: [...log.children].map(child => child.textContent.trim()),
    elsewhere: [...document.querySelectorAll(others)].filter(one => one !== log)
      .map(one => one.textContent.trim()),
    inside: log.querySelectorAll(others).length,
    around: log.parentElement.closest(others + ', [aria-busy=true], [aria-hidden=true]') !== null,
  };
}"""


def check(page: Page, before: list[str]) -> dict[str, Any]:
    """Check that what was announced is what was added to the page, each once."""
    heard: dict[str, Any] = page.evaluate(HEARD)
    at = step(page)
    assert heard["there"], f"another live region at {at}"
    assert heard["shown"][: len(before)] == before, at
    assert heard["added"] == heard["shown"][len(before) :], at
    assert (heard["gone"], heard["changed"]) == ([], []), at
    assert (heard["inside"], heard["around"]) == (0, False), at
    for reply in heard["shown"]:
        assert not any(reply in other for other in heard["elsewhere"]), f"twice: {reply}"
    return heard


def test_each_message_is_announced_once(visit: Visit) -> None:
    page = visit("/m/kalamata")
    page.evaluate(WATCH)
    before = page.evaluate(HEARD)["shown"]
    announced = 0
    for turn in range(20):
        if step(page) == "task":
            break
        if turn == 2:
            write(page, "κάτι άλλο")
            check(page, before)
        answer(page)
        heard = check(page, before)
        assert len(heard["added"]) >= announced + 2  # the citizen's and a reply
        announced = len(heard["added"])
    assert "κλείστηκε" in " ".join(heard["added"])
    tap(page, "Τα ραντεβού μου")
    check(page, before)


def test_a_reply_shown_again_would_be_noticed(visit: Visit) -> None:
    page = visit("/m/kalamata")
    page.evaluate(WATCH)
    before = page.evaluate(HEARD)["shown"]
    page.evaluate(
        "() => { const log = document.getElementById('log'); log.append(log.lastElementChild) }"
    )
    heard = page.evaluate(HEARD)
    assert (len(heard["added"]), len(heard["gone"])) == (1, 1)
    assert heard["shown"] == before
