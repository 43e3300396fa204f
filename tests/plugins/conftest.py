"""The packages beside this file are tested where they are installed (see ``test_installed_plugins.py``), not here."""

collect_ignore_glob = ["*/*"]
