"""Structured messages about appointments and services."""
