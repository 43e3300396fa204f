"""A laboratory of instruments: the lab file, its devices and stations, and what runs protocols on them."""
