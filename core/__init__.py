"""The office: appointments. Knows no chat, no web, no language."""
