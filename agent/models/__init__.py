"""Language models as they are: servers that differ in what they know, and answers in many forms."""
