"""From a record to the database: journal or outbox, writer, store."""
