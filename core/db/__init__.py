"""The database: transactions, tables, locks and migrations."""
