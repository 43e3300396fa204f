"""The databases under a ledger: addresses, SQLite and PostgreSQL, tables, the file, its integrity."""
