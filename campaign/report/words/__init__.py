"""What a report says in words and tables, from the record: what was learned, how good the models are, what is next."""
