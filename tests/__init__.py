"""Tests, mirroring the packages. A package itself, so that tests.target_app is not taken for target_app."""
