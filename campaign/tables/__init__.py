"""Tables that people fill in: read from text, spreadsheets and Python as they come, checked, and said back."""
