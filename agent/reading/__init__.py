"""What people type, read without a language model: which intent it has, and whether it cries for a stop."""
