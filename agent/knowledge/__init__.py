"""The laboratory's own documents: read, kept in a library, searched for passages, and cited to the letter."""
