"""Plans in words for laboratories of files: what their recipes take and give, and recipes made of typed steps."""
