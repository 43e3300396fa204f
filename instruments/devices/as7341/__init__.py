"""AS7341 colour sensors behind a small firmware of ours: docs/firmware-as7341.md is its protocol."""
