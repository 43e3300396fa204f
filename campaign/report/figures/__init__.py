"""The figures of a report, one module a kind: each draws from the record, or says in words why there is nothing to."""
