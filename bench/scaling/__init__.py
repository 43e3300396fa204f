"""Parts of ``bench/scale.py``: large ledgers made in bulk, and what is measured on them."""
