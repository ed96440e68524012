"""The pages to read: accessibility statement, personal data, consent texts."""

import re

import httpx
import pytest

from tests.webhooks.conftest import Serve

PAGES = [
    "/accessibility",
    "/privacy",
    "/m/chios/accessibility",
    "/m/chios/privacy",
    "/privacy/chios",
    "/consents/chios/video",
    "/m/chios/consents/chios/video",
    "/embed/m/chios/accessibility",
]


@pytest.mark.parametrize("path", PAGES)
def test_each_is_there_in_both_languages(client: httpx.Client, path: str) -> None:
    greek, english = (client.get(path, params={"lang": lang}).text for lang in ("el", "en"))
    assert '<html lang="el">' in greek
    assert '<html lang="en">' in english
    assert f'href="{path}?lang=en"' in greek
    for page in (greek, english):
        assert "{" not in page
        assert not re.findall(r'(?:src|action)="(?:https?:)?//', page)
    headings = [re.findall(r"<h1>(.*?)</h1>", page)[0] for page in (greek, english)]
    assert headings[0] != headings[1]


def test_the_page_links_to_them_in_its_language(client: httpx.Client) -> None:
    page = client.get("/m/chios", headers={"Accept-Language": "en"}).text
    for name in ("accessibility", "privacy"):
        assert f'href="/m/chios/{name}?lang=en"' in page


def test_the_statement_names_whom_to_tell(client: httpx.Client) -> None:
    one = client.get("/m/chios/accessibility").text
    assert "2271350004" in one
    assert "Δήμος Λαρισαίων" not in one
    assert "axe-core" in one
    every = client.get("/accessibility").text
    assert all(name in every for name in ("Δήμος Χίου", "Δήμος Λαρισαίων", "Δήμος Καλαμάτας"))


def test_personal_data_are_explained_in_the_municipalitys_words_and_ours(serve: Serve) -> None:
    page = serve(keep_answers_days=12).get("/m/chios/privacy").text
    assert "Αρχή Προστασίας Δεδομένων" in page
    assert "12 ημέρες" in page
    assert 'href="/m/chios/consents/chios/video?lang=el"' in page


def test_the_whole_text_of_a_consent_has_a_page_with_its_version(client: httpx.Client) -> None:
    page = client.get("/m/chios/consents/chios/video").text
    assert "δεν αποθηκεύεται" in page
    assert "Έκδοση: sample-1" in page
    assert "ανακαλέσετε" not in page
    assert "ανακαλέσετε" in client.get("/m/kalamata/consents/kalamata/details").text


@pytest.mark.parametrize(
    "path", ["/m/nowhere/privacy", "/m/nowhere/accessibility", "/m/chios/consents/chios/none"]
)
def test_what_is_not_there_is_said_to_be(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
